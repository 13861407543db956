import HTTPSurface
import NIOCore
import Origin
import Synchronization

/// A segment that is made while it is sent.
final class MadeSegmentBody: FastBody {
    let byteCount: Int
    private let pieces: SegmentPieces
    private let executor: MediaExecutor
    /// Given all pieces when the last one is made; nil when nobody wants them.
    private let keep: (@Sendable ([ByteBuffer]) -> Void)?
    private let kept = Mutex<[ByteBuffer]>([])

    init(_ pieces: SegmentPieces, _ executor: MediaExecutor, keep: (@Sendable ([ByteBuffer]) -> Void)?) {
        byteCount = Int(clamping: pieces.left)
        self.pieces = pieces
        self.executor = executor
        self.keep = keep
    }

    func pieceAtHand() throws -> ByteBuffer? {
        try make(in: PieceBuffers.take(), mayWait: false)
    }

    func piece(on loop: any EventLoop) -> EventLoopFuture<ByteBuffer> {
        executor.run(on: loop) { [self] in try make(in: PieceBuffers.take(), mayWait: true) ?? ByteBuffer() }
    }

    func takeBack(_ piece: ByteBuffer) {
        // What is kept is not to be written over.
        if keep == nil { PieceBuffers.giveBack(piece) }
    }

    private func make(in buffer: ByteBuffer, mayWait: Bool) throws -> ByteBuffer? {
        var buffer = buffer
        guard try buffer.append(pieces, mayWait: mayWait) else {
            PieceBuffers.giveBack(buffer)
            return nil
        }
        guard let keep else { return buffer }
        // A short piece need not hold a long buffer.
        let piece = buffer.readableBytes * 2 < buffer.capacity ? ByteBuffer(bytes: buffer.readableBytesView) : buffer
        let all = kept.withLock { kept in
            kept.append(piece)
            return pieces.left == 0 ? kept : nil
        }
        if let all { keep(all) }
        return piece
    }
}

/// A segment, or a part of one, that is at hand.
final class KeptSegmentBody: FastBody {
    let byteCount: Int
    private let parts: Mutex<ArraySlice<ByteBuffer>>

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
        self.parts = Mutex(parts[...])
    }

    func pieceAtHand() -> ByteBuffer? {
        parts.withLock { $0.popFirst() } ?? ByteBuffer()
    }

    func piece(on loop: any EventLoop) -> EventLoopFuture<ByteBuffer> {
        loop.makeSucceededFuture(pieceAtHand() ?? ByteBuffer())
    }

    func takeBack(_ piece: ByteBuffer) {}
}
