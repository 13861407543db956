import CInputPort
import EncoderProtocol
import Glibc
public import TrackOutput

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

    /// An original that the parent reads, since it alone has the keys: to be opened before the right to connect is given
    /// up.
    ///
    /// - Parameter path: where the parent serves it.
    /// - Throws: `EncodingFailure` when it does not.
    public init(servedAt path: String) throws(EncodingFailure) {
        var size: UInt64 = 0
        let descriptor = keyway_input_connect(path, &size)
        guard descriptor >= 0 else {
            throw EncodingFailure(.inputMissing, "it cannot be opened: \(String(cString: strerror(errno)))")
        }
        self.init(
            descriptor: descriptor, size: Int64(clamping: size),
            name: path.split(separator: "/").last.map(String.init) ?? path)
    }

    /// As pread(2), begun again when a signal broke it off.
    public func read(into bytes: UnsafeMutableRawPointer?, count: Int, at offset: Int) -> Int {
        while true {
            let part = keyway_input_read(descriptor, bytes, count, Int64(offset))
            if part < 0, errno == EINTR { continue }
            return part
        }
    }
}
