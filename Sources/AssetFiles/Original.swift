public import Catalog
import MediaStorage

/// An original that may be read, decrypted.
public struct Original: Sendable {
    public let record: AssetFileRecord
    let content: any MediaReader
    let threads: BlockingThreads

    /// In bytes.
    public var size: UInt64 { content.size }

    /// - Parameter range: within its size.
    public func bytes(_ range: Range<UInt64>) -> OriginalBytes {
        OriginalBytes(content: content, range: range.clamped(to: 0..<size), threads: threads)
    }
}
