/// The bytes of one movie file. Reads are by place, so that a film of any length needs no more memory than what is asked
/// for at once.
public protocol MovieSource: Sendable {
    /// Of the whole file, in bytes.
    var size: UInt64 { get }

    /// Exactly the bytes of a range that lies within the file.
    ///
    /// - Throws: `MovieError` when the file cannot be read, or has become shorter.
    func read(_ range: Range<UInt64>) throws(MovieError) -> [UInt8]
}

/// A file that is in memory already.
public struct MovieBytes: MovieSource {
    private let bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public var size: UInt64 { UInt64(bytes.count) }

    public func read(_ range: Range<UInt64>) throws(MovieError) -> [UInt8] {
        guard range.upperBound <= size else {
            throw MovieError(.truncated, "it ends before byte \(range.upperBound)", at: range.lowerBound)
        }
        return Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    }
}
