import ContentKeys
import Foundation
import ISOBaseMedia
import MediaModel
import TestSupport
import Testing

@testable import MediaEncryption

/// Real media, encrypted here and decrypted by programs that are not ours: the frames must be those of the source.
@Suite(.serialized, .waiting, .enabled(if: Tool.ffmpeg.isPresent, "ffmpeg is missing"))
struct DecryptionTests {
    @Test(arguments: [TrackKind.video, .audio])
    func clearTracksDecode(kind: TrackKind) throws {
        let clip = try Clip.of(kind)
        try Scratch.with { folder in
            let file = folder.appending(path: "clear.mp4")
            try Data(Delivery.track(clip, nil, key: nil)).write(to: file)
            let frames = try Tool.frameHashes(file)
            #expect(frames.count >= clip.index.sampleCount - 2)
        }
    }

    @Test(
        .enabled(if: Tool.packager.isPresent, "Shaka Packager is missing"),
        arguments: ProtectionScheme.allCases, [TrackKind.video, .audio])
    func shakaPackagerDecrypts(scheme: ProtectionScheme, kind: TrackKind) throws {
        let clip = try Clip.of(kind)
        let parameters = try Keys.parameters(scheme)
        let key = try Keys.key(scheme.keyType)
        try Scratch.with { folder in
            let clear = folder.appending(path: "clear.mp4")
            let protected = folder.appending(path: "protected.mp4")
            let decrypted = folder.appending(path: "decrypted.mp4")
            try Data(Delivery.track(clip, nil, key: nil)).write(to: clear)
            try Data(Delivery.track(clip, parameters, key: key)).write(to: protected)
            try Tool.packager.run(
                [
                    "in=\(protected.path()),stream=\(kind.rawValue),output=\(decrypted.path())",
                    "--enable_raw_key_decryption", "--keys",
                    "label=:key_id=\(parameters.keyID.hexadecimal):key=\(Keys.hexadecimal)",
                ], quietly: true)
            #expect(try Tool.frameHashes(decrypted) == Tool.frameHashes(clear))
        }
    }

    @Test(.enabled(if: Tool.openssl.isPresent, "openssl is missing"), arguments: [0, 1, 15, 16, 17, 70_000])
    func opensslDecryptsEnvelopes(size: Int) throws {
        let key = try Keys.key(.envelope)
        let clear = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let sealed = try Envelopes.seal(clear, number: 9, segment: 4, key: key) { 1000 }
        let iv = try IVNumber(rawValue: 9).segmentIV(4, key: key).map { String(256 + Int($0), radix: 16).dropFirst() }
        try Scratch.with { folder in
            let file = folder.appending(path: "sealed")
            try Data(sealed).write(to: file)
            let opened = try Tool.openssl.run(
                ["enc", "-d", "-aes-128-cbc", "-K", Keys.hexadecimal, "-iv", iv.joined(), "-in", file.path()])
            #expect([UInt8](opened) == clear)
        }
    }
}

enum Envelopes {
    static func seal(
        _ clear: [UInt8], number: UInt32, segment: UInt64, key: ContentKey, piece: () -> Int
    ) throws -> [UInt8] {
        let plan = try #require(EnvelopePlan(clearSize: clear.count))
        let encryptor = try EnvelopeEncryptor(number: IVNumber(rawValue: number), segment: segment, key: key)
        var bytes = clear
        var done = 0
        var given = 0
        while given < bytes.count {
            given = min(given + piece(), bytes.count)
            let whole = EnvelopeEncryptor.wholeBlocks(in: given - done)
            try bytes.withUnsafeMutableBytes {
                try encryptor.encrypt(UnsafeMutableRawBufferPointer(rebasing: $0[done..<(done + whole)]))
            }
            done += whole
        }
        let sealed = try bytes.prefix(done) + encryptor.finish(Array(bytes[done...]))
        try #require(sealed.count == plan.size)
        return Array(sealed)
    }
}
