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
        kept.withLock { $0.popLast() } ?? ByteBuffer()
    }

    /// Takes a buffer that nobody uses any more.
    static func giveBack(_ buffer: ByteBuffer) {
        kept.withLock { buffers in
            guard buffers.count < most else { return }
            buffers.append(buffer)
            buffers[buffers.count - 1].clear()
        }
    }
}
