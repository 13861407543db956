import NIOCore
import Synchronization

/// The buffers that pieces of bodies are made in, used again and again: new memory of this size costs more than what is done
/// in it.
enum PieceBuffers {
    /// Most that are kept unused.
    private static let most = 64
    private static let kept = Mutex<[ByteBuffer]>([])

    /// An empty buffer.
    static func take() -> ByteBuffer {
        guard var buffer = kept.withLock({ $0.popLast() }) else { return ByteBuffer() }
        buffer.clear()
        return buffer
    }

    /// Takes a buffer that nobody uses any more. Who gives it back may still hold it, and it would have other memory if it were
    /// cleared now.
    static func giveBack(_ buffer: consuming ByteBuffer) {
        let buffer = buffer
        kept.withLock { buffers in
            guard buffers.count < most else { return }
            buffers.append(buffer)
        }
    }
}
