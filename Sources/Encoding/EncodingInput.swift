/// A file that was opened before the right to open files was given up.
public struct EncodingInput: Sendable {
    public var descriptor: Int32
    /// In bytes, when it was opened: what is added later is not read.
    public var size: Int64
    /// As errors and warnings name it.
    public var name: String

    public init(descriptor: Int32, size: Int64, name: String) {
        self.descriptor = descriptor
        self.size = size
        self.name = name
    }
}
