/// What the child is asked to do; the first of its arguments.
public enum EncoderTask: String, Sendable, Hashable, CaseIterable {
    /// Makes renditions; the argument behind the limits is the text of an `EncodingOrder`.
    case encode
    /// Takes MP4 files apart and keeps their samples as they are.
    case upload
    /// Says what one file is, and makes nothing.
    case probe
    /// Decodes a segment that comes on standard input (`VerificationInput`).
    case verify
    /// Says what all streams of one file are.
    case inspect
    /// Decodes the sound of one file and gives its fingerprint.
    case fingerprint

    /// What a job's record says, as the child's arguments.
    ///
    /// - Parameter preset: the word of a task that is no encode, the name of a preset, or the text of an order.
    public static func arguments(preset: String, limits: EncoderLimits, inputs: [String]) -> [String] {
        if let task = EncoderTask(rawValue: preset), task != .encode {
            return [task.rawValue] + limits.arguments + inputs
        }
        return [encode.rawValue] + limits.arguments + [preset] + inputs
    }

    /// Stands before the path where the parent serves an original, instead of a file's path.
    public static let originalPrefix = "original:"

    /// Most files of one run.
    public static let maximumInputs = 32
}
