import ContentKeys
import Foundation
import MediaModel
import TestSupport
import Testing

@testable import MediaEncryption

/// What Chromium can decode, it decrypts and plays to the end: encrypted media extensions with ClearKey.
@Suite(.waiting, .enabled(if: Tool.chromium.isPresent && Tool.chromedriver.isPresent, "chromium is missing"))
struct BrowserDecryptionTests {
    private struct Item: Encodable {
        var file: String
        var kind: String
        var mime: String
        var scheme: String
    }

    private struct Outcome: Decodable {
        var outcome: String
        var time: Double
        var frames: Int
        var audio: Int
        var error: String
    }

    @Test(arguments: ProtectionScheme.allCases)
    func chromiumPlays(scheme: ProtectionScheme) throws {
        let codecs = CodecClip.allCases.filter(\.isForChromium)
        let parameters = try Keys.parameters(scheme)
        try Scratch.with { folder in
            let items = try codecs.map { codec in
                let clip = try codec.clip()
                let description = clip.index.description
                let bytes = try Delivery.track(clip, parameters, key: Keys.key(scheme.keyType))
                let file = "\(codec.rawValue).mp4"
                try Data(bytes).write(to: folder.appending(path: file))
                return Item(
                    file: file, kind: description.kind.rawValue,
                    mime: "\(description.kind.rawValue)/mp4; codecs=\"\(description.codec.codecString)\"",
                    scheme: scheme.rawValue)
            }
            try JSONEncoder().encode(items).write(to: folder.appending(path: "items.json"))
            let script = Repository.tests.appending(path: "Browser/decrypt.py")
            let printed = try Tool.python.run(
                [script.path(), Keys.hexadecimal, parameters.keyID.hexadecimal, folder.path()])
            let outcomes = try JSONDecoder().decode([Outcome].self, from: printed)
            try #require(outcomes.count == codecs.count)
            for (codec, outcome) in zip(codecs, outcomes) {
                #expect(outcome.outcome == "ended", "\(codec): \(outcome)")
                #expect(outcome.time > 0.8, "\(codec): \(outcome)")
                #expect(codec.isVideo ? outcome.frames >= 10 : outcome.audio > 1000, "\(codec): \(outcome)")
            }
        }
    }
}
