import Catalog
public import ContentKeys
public import EncoderProtocol
import Subprocess

/// A segment as a player gets it, to be decrypted and decoded.
public struct SegmentToVerify: Sendable {
    public var protection: VerificationInput.Protection
    public var initialization: [UInt8]
    public var media: [UInt8]
    /// Nil for a clear one.
    public var key: ContentKey?
    /// Of the whole segment, where it is encrypted whole.
    public var vector: [UInt8]

    public init(
        protection: VerificationInput.Protection, initialization: [UInt8], media: [UInt8], key: ContentKey?,
        vector: [UInt8]
    ) {
        self.protection = protection
        self.initialization = initialization
        self.media = media
        self.key = key
        self.vector = vector
    }
}

/// Has segments decrypted and decoded by FFmpeg in the encoder child. The child gets the key that was made for the segment on
/// its standard input, and nothing else: neither files nor the network are open to it.
public struct SegmentVerifier: Sendable {
    private static let limits = EncodingLimits(
        wallTime: 120, encoder: EncoderLimits(memory: 3 << 30, processorTime: 60))

    private let encoder: String

    /// - Parameter encoder: path of the program `keyway-encoder`.
    public init(encoder: String) {
        self.encoder = encoder
    }

    /// - Returns: how many frames came of it; nil where FFmpeg has no decoder.
    /// - Throws: `JobFailure` when it cannot be decoded without error.
    public func frames(of segment: SegmentToVerify) async throws -> Int? {
        let reception = ProbeReception()
        let child = EncoderChild(executable: encoder, limits: Self.limits)
        let outcome = try await child.run(
            preset: EncoderTask.verify.rawValue, inputs: ["-"], sending: Self.bytes(of: segment), reception)
        if let failure = await reception.failure {
            if failure.code == EncoderFailureCode.unsupportedCodec.rawValue { return nil }
            throw JobFailure(.verifyFailed, failure.message)
        }
        guard await reception.isFinished, outcome.status.isSuccess, let counts = await reception.decoded else {
            throw outcome.failure
        }
        guard counts.errors == 0 else {
            throw JobFailure(
                .verifyFailed,
                CountText.text(counts.errors, "error") + " while it was decoded, "
                    + CountText.text(counts.frames, "frame"))
        }
        return counts.frames
    }

    private static func bytes(of segment: SegmentToVerify) -> SentBytes {
        var bytes = VerificationInput.header(
            segment.protection, vector: segment.vector, initialization: segment.initialization.count,
            media: segment.media.count)
        // Room for all of it, so that no key is left behind by growing.
        bytes.reserveCapacity(bytes.count + segment.initialization.count + segment.media.count)
        segment.key?.withUnsafeBytes { key in
            guard key.count == VerificationInput.keyRange.count else { return }
            bytes.replaceSubrange(VerificationInput.keyRange, with: key)
        }
        bytes += segment.initialization
        bytes += segment.media
        return SentBytes(bytes)
    }
}
