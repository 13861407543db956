import CFFmpeg
import EncoderProtocol
public import TrackOutput

/// Looks at an input and says what it is, without decoding it. Owned by one thread.
public enum MediaProbe {
    /// - Throws: `EncodingFailure` for what cannot be encoded either.
    public static func run(_ file: EncodingInput, output: FrameOutput) throws {
        keyway_bound_log()
        let part = try InputPart(file, EncodingOrder.Part(input: 0), usesVideo: true, usesSound: true, threads: 1)
        for warning in part.warnings { try output.send(.warning(message: warning)) }
        try output.send(.probed(EncodingSession.facts(part, part.source?.frameRate ?? Rational(25, 1))))
        try output.send(.finished)
    }
}
