import ContentKeys
import ISOBaseMedia
import MediaModel
import ProtectionSystems
import Testing

@testable import MediaEncryption

/// Sends segments as the origin does: header, then pieces of gathered samples, encrypted in place.
enum Delivery {
    static func segment(
        _ plan: FragmentPlan, of media: [UInt8], key: ContentKey?, piece: () -> Int = { 256 << 10 }
    ) throws -> [UInt8] {
        var output = plan.header()
        try #require(output.count == plan.headerSize)
        var payload = plan.mediaRanges.flatMap { media[Int($0.lowerBound)..<Int($0.upperBound)] }
        if let key { try encrypt(&payload, plan.encryptor(key: key), piece: piece) }
        output += payload
        try #require(output.count == plan.size)
        return output
    }

    private static func encrypt(_ payload: inout [UInt8], _ encryptor: FragmentEncryptor, piece: () -> Int) throws {
        var done = 0
        var given = 0
        while done < payload.count {
            // At least as far as before, so that what was left over comes again with more.
            given = min(max(given, done) + piece(), payload.count)
            done += try payload.withUnsafeMutableBytes { bytes in
                try encryptor.encrypt(UnsafeMutableRawBufferPointer(rebasing: bytes[done..<given]))
            }
            try #require(given - done < 16)
        }
        try #require(encryptor.isFinished)
    }

    /// A whole track: init segment and all segments.
    static func track(
        _ clip: Clip, _ parameters: ProtectionParameters?, key: ContentKey?, piece: () -> Int = { 256 << 10 }
    ) throws -> [UInt8] {
        var protection: TrackProtection?
        if let parameters, let key {
            protection = try parameters.trackProtection(of: clip.index.description.kind, key: key)
        }
        let headers = parameters.flatMap { ProtectionSystemHeader(.common(keyIDs: [$0.keyID])) }.map { [$0] } ?? []
        var output = InitializationSegment(
            track: clip.index.description, protection: protection, systemHeaders: headers
        ).serialized()
        for number in 0..<clip.index.segmentCount {
            let plan = try FragmentPlan(clip.index, segment: number, protection: parameters)
            output += try segment(plan, of: clip.media, key: key, piece: piece)
        }
        return output
    }
}

/// Keys and parameters that the tests use.
enum Keys {
    static let bytes: [UInt8] = (0..<16).map { $0 * 7 + 1 }
    static let hexadecimal = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()

    static func key(_ type: ContentKeyType, _ bytes: [UInt8] = bytes) throws -> ContentKey {
        try #require(bytes.withUnsafeBytes { ContentKey(type, copying: $0) })
    }

    static func parameters(_ scheme: ProtectionScheme, number: UInt32 = 5) throws -> ProtectionParameters {
        ProtectionParameters(
            scheme: scheme, keyID: try #require(KeyID("00112233-4455-6677-8899-aabbccddeeff")),
            number: IVNumber(rawValue: number))
    }
}
