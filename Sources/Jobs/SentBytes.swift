import Glibc

/// Bytes for a child that hold a key: overwritten when nobody needs them any more.
///
/// `@unchecked Sendable`: written when it is made, and read by the one child's start; zeroed when no reference is left.
final class SentBytes: @unchecked Sendable {
    private(set) var bytes: [UInt8]

    init(_ bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    deinit {
        bytes.withUnsafeMutableBytes { buffer in
            if let base = buffer.baseAddress { explicit_bzero(base, buffer.count) }
        }
    }
}
