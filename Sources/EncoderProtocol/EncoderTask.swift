/// What the child is asked to do; the first of its arguments, and the preset of the job.
public enum EncoderTask: String, Sendable, Hashable, CaseIterable {
    /// Encodes one file into a ladder of renditions.
    case adaptive
    /// Takes MP4 files apart and keeps their samples as they are.
    case upload
    /// Says what one file is, and makes nothing.
    case probe
    /// Decodes a segment that comes on standard input (`VerificationInput`).
    case verify

    public var takesSeveralInputs: Bool { self == .upload }

    /// Most files of one run.
    public static let maximumInputs = 32
}
