import HTTPSurface
import NIOCore
import Origin
import Synchronization

/// A segment that is made while it is sent.
final class MadeSegmentBody: FastBody {
    let byteCount: Int
    let pieces: SegmentPieces
    private let executor: MediaExecutor
    /// Nil when nobody wants the pieces.
    private let collection: SegmentCollection?

    init(_ pieces: SegmentPieces, _ executor: MediaExecutor, _ collection: SegmentCollection?) {
        byteCount = Int(clamping: pieces.left)
        self.pieces = pieces
        self.executor = executor
        self.collection = collection
    }

    /// Nil for a chained segment, too: its piece is made together with those of other connections.
    func pieceAtHand() throws -> ByteBuffer? {
        pieces.isChained ? nil : try make(in: PieceBuffers.take(), mayWait: false)
    }

    func piece(on loop: any EventLoop) -> EventLoopFuture<ByteBuffer> {
        pieces.isChained ? PieceRounds.current(loop).add(self) : pieceFromDisk(on: loop)
    }

    /// The next bytes, made on a thread that may wait.
    func pieceFromDisk(on loop: any EventLoop) -> EventLoopFuture<ByteBuffer> {
        executor.run(on: loop) { [self] in try make(in: PieceBuffers.take(), mayWait: true) ?? ByteBuffer() }
    }

    func takeBack(_ piece: ByteBuffer) {
        // What is kept is not to be written over.
        if collection == nil { PieceBuffers.giveBack(piece) }
    }

    /// - Parameter buffer: whose memory nobody else holds: one that two hold is copied whole when it is written to.
    private func make(in buffer: consuming ByteBuffer, mayWait: Bool) throws -> ByteBuffer? {
        guard try buffer.append(pieces, mayWait: mayWait) else {
            PieceBuffers.giveBack(buffer)
            return nil
        }
        return collected(buffer)
    }

    /// The piece, kept as well where it is wanted.
    func collected(_ buffer: ByteBuffer) -> ByteBuffer {
        guard let collection else { return buffer }
        // A short piece need not hold a long buffer.
        let piece = buffer.readableBytes * 2 < buffer.capacity ? ByteBuffer(bytes: buffer.readableBytesView) : buffer
        collection.add(piece)
        if pieces.left == 0 { collection.finish() }
        return piece
    }
}

/// A segment, or a part of one, that is at hand.
final class KeptSegmentBody: FastBody {
    let byteCount: Int
    /// The next one last: what is sent is not held any longer.
    private let parts: Mutex<[ByteBuffer]>

    init(_ pieces: [ByteBuffer], _ range: Range<UInt64>) {
        byteCount = range.count
        var parts: [ByteBuffer] = []
        var start: UInt64 = 0
        for piece in pieces {
            let end = start + UInt64(piece.readableBytes)
            let (lower, upper) = (max(start, range.lowerBound), min(end, range.upperBound))
            if lower < upper,
                let part = piece.getSlice(at: piece.readerIndex + Int(lower - start), length: Int(upper - lower))
            {
                parts.append(part)
            }
            start = end
        }
        self.parts = Mutex(parts.reversed())
    }

    func pieceAtHand() -> ByteBuffer? {
        parts.withLock { $0.popLast() } ?? ByteBuffer()
    }

    func piece(on loop: any EventLoop) -> EventLoopFuture<ByteBuffer> {
        loop.makeSucceededFuture(pieceAtHand() ?? ByteBuffer())
    }

    func takeBack(_ piece: ByteBuffer) {}
}
