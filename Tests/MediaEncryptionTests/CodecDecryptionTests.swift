import ContentKeys
import Foundation
import ISOBaseMedia
import MediaModel
import TestSupport
import Testing

@testable import MediaEncryption

/// Every codec under every scheme: encrypted here, decrypted by programs that are not ours; and the subsample maps
/// beside those of a packager that parses the same headers with code of its own.
@Suite(
    .serialized, .waiting, .enabled(if: Tool.packager.isPresent && Tool.newerFFmpeg.isPresent, "run scripts/setup.sh"))
struct CodecDecryptionTests {
    @Test(arguments: Extent.pairs(CodecClip.allCases, ProtectionScheme.allCases))
    func othersDecrypt(codec: CodecClip, scheme: ProtectionScheme) throws {
        let clip = try codec.clip()
        #expect(clip.index.description.codec.codecString == codec.codecString)
        try Scratch.with { folder in
            let files = try Files(clip, scheme, in: folder)
            let source = try Tool.frameHashes(files.clear)
            #expect(source.count >= clip.index.sampleCount - 3)
            try Tool.packager.run(
                [
                    "in=\(files.protected.path()),stream=\(clip.index.description.kind.rawValue),"
                        + "output=\(files.decrypted.path())", "--enable_raw_key_decryption", "--keys",
                    "label=:key_id=\(files.parameters.keyID.hexadecimal):key=\(Keys.hexadecimal)",
                ], quietly: true)
            #expect(try Tool.frameHashes(files.decrypted) == source)
            try Tool.newerFFmpeg.run(
                [
                    "-v", "error", "-y", "-decryption_key", Keys.hexadecimal, "-i", files.protected.path(), "-c",
                    "copy",
                    "-strict", "-2", files.decrypted.path(),
                ])
            #expect(try Tool.frameHashes(files.decrypted) == source)
            // Without the key it is not the source.
            #expect(try Tool.frameHashes(files.protected, mayFail: true) != source)
        }
    }

    /// Another packager that reads the same clear file must find the ends of the same headers. What the standard leaves
    /// open is left open here: Shaka Packager lists parts shorter than a block, which no cipher touches, and under
    /// `cenc` leaves the bytes that make no block clear behind a part, not in front of it.
    @Test(arguments: Extent.pairs(CodecClip.allCases, ProtectionScheme.allCases))
    func headersEndWhereShakaPackagerFindsTheirEnd(codec: CodecClip, scheme: ProtectionScheme) throws {
        let clip = try codec.clip()
        guard clip.index.description.kind == .video else { return }
        try Scratch.with { folder in
            let files = try Files(clip, scheme, in: folder)
            let other = folder.appending(path: "shaka.mp4")
            try Tool.packager.run(
                [
                    "in=\(files.clear.path()),stream=video,output=\(other.path()),drm_label=X",
                    "--enable_raw_key_encryption", "--protection_scheme", scheme.rawValue, "--clear_lead", "0",
                    "--keys", "label=X:key_id=\(files.parameters.keyID.hexadecimal):key=\(Keys.hexadecimal)",
                ], quietly: true)
            let theirs = try Maps.of(other, scheme)
            let parts = Maps.protectable(clip.index)
            let isAligned = scheme == .cenc || clip.index.description.codec.protectedStructure == .frames
            try #require(theirs.count == parts.count)
            var count = 0
            for (sample, (their, our)) in zip(theirs, parts).enumerated() {
                let whole = their.filter { $0.count >= 16 }
                let expected = our.filter { $0.count >= 16 }
                try #require(whole.count == expected.count, "sample \(sample): \(their) and \(our)")
                for (their, our) in zip(whole, expected) {
                    let size = isAligned ? our.count / 16 * 16 : our.count
                    #expect(their == our.prefix(size) || their == our.suffix(size), "sample \(sample)")
                    count += 1
                }
            }
            #expect(count >= clip.index.sampleCount / 2)
        }
    }

    /// The `codecs` parameter as Shaka Packager writes it into a manifest of the same file. It writes hexadecimal digits
    /// of HEVC in lower case, all of the optional fields of AV1 and VP9, and takes chroma_sample_position for 0.
    @Test(arguments: CodecClip.allCases)
    func codecStringsAreThoseOfShakaPackager(codec: CodecClip) throws {
        let clip = try codec.clip()
        try Scratch.with { folder in
            let files = try Files(clip, .cenc, in: folder)
            let manifest = folder.appending(path: "a.mpd")
            try Tool.packager.run(
                [
                    "in=\(files.clear.path()),stream=\(clip.index.description.kind.rawValue),"
                        + "output=\(folder.appending(path: "o.mp4").path())", "--mpd_output", manifest.path(),
                ], quietly: true)
            let text = try String(contentsOf: manifest, encoding: .utf8)
            let theirs = text.components(separatedBy: "codecs=\"").dropFirst().first?
                .prefix { $0 != "\"" }.lowercased()
            #expect(theirs == (codec.packagerString ?? codec.codecString).lowercased())
        }
    }
}

/// The clear and the encrypted file of a clip.
private struct Files {
    let clear: URL
    let protected: URL
    let decrypted: URL
    let parameters: ProtectionParameters

    init(_ clip: Clip, _ scheme: ProtectionScheme, in folder: URL) throws {
        clear = folder.appending(path: "clear.mp4")
        protected = folder.appending(path: "protected.mp4")
        decrypted = folder.appending(path: "decrypted.mp4")
        parameters = try Keys.parameters(scheme)
        try Data(Delivery.track(clip, nil, key: nil)).write(to: clear)
        try Data(Delivery.track(clip, parameters, key: Keys.key(scheme.keyType))).write(to: protected)
    }
}

/// What is protected of each sample, as ranges of its bytes.
private enum Maps {
    static func of(_ file: URL, _ scheme: ProtectionScheme) throws -> [[Range<Int>]] {
        var options = BoxReadingOptions()
        options.perSampleIVSize = scheme == .cenc ? 8 : 0
        let boxes = try BoxParser.parse([UInt8](Data(contentsOf: file)), options: options)
        return boxes.filter { $0.box.type == "moof" }.flatMap { located -> [[Range<Int>]] in
            let tracks = located.box.children.filter { $0.type == "traf" }
            let encryption = tracks.flatMap(\.children).compactMap { $0 as? SampleEncryptionBox }
            return encryption.flatMap(\.samples).map { sample in
                ranges(sample.subsamples.map { (Int($0.clearBytes), Int($0.protectedBytes)) })
            }
        }
    }

    static func protectable(_ index: TrackIndex) -> [[Range<Int>]] {
        (0..<index.sampleCount).map { number in
            ranges(index.subsamples(of: index.sample(number)).map { (Int($0.clearBytes), Int($0.protectedBytes)) })
        }
    }

    private static func ranges(_ entries: [(clear: Int, protected: Int)]) -> [Range<Int>] {
        var position = 0
        return entries.compactMap { entry in
            defer { position += entry.clear + entry.protected }
            guard entry.protected > 0 else { return nil }
            return (position + entry.clear)..<(position + entry.clear + entry.protected)
        }
    }
}
