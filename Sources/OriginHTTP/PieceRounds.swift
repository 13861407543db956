import NIOCore
import NIOPosix
import Origin

/// Collects the bodies of an event loop's connections that want their next piece, and makes these pieces together at the
/// loop's next turn.
///
/// One connection alone waits for nothing: its piece is made at the next turn as well.
final class PieceRounds {
    private struct Waiting {
        var body: MadeSegmentBody
        var promise: EventLoopPromise<ByteBuffer>
    }

    // Sendable for what it holds is each thread's own.
    nonisolated(unsafe) private static let ofThread = ThreadSpecificVariable<PieceRounds>()

    private let loop: any EventLoop
    private let round = PieceRound()
    private var waiting: [Waiting] = []
    private var isScheduled = false

    private init(_ loop: any EventLoop) {
        self.loop = loop
    }

    /// Those of the event loop whose thread this is.
    static func current(_ loop: any EventLoop) -> PieceRounds {
        loop.assertInEventLoop()
        if let rounds = ofThread.currentValue, rounds.loop === loop { return rounds }
        let rounds = PieceRounds(loop)
        ofThread.currentValue = rounds
        return rounds
    }

    /// The body's next piece.
    func add(_ body: MadeSegmentBody) -> EventLoopFuture<ByteBuffer> {
        let promise = loop.makePromise(of: ByteBuffer.self)
        waiting.append(Waiting(body: body, promise: promise))
        schedule()
        return promise.futureResult
    }

    private func schedule() {
        guard !isScheduled else { return }
        isScheduled = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.execute { bound.value.run() }
    }

    private func run() {
        isScheduled = false
        let turn = Array(waiting.prefix(PieceRound.most))
        waiting.removeFirst(turn.count)
        // The others' turn comes after what else the event loop has to do.
        if !waiting.isEmpty { schedule() }
        var buffers = turn.map { _ in PieceBuffers.take() }
        var places: [PieceRound.Place] = []
        var results: [Result<Int?, any Error>] = []
        make(turn, &buffers, &places, &results)
        for (waiting, (buffer, result)) in zip(turn, zip(buffers, results)) { settle(waiting, buffer, result) }
    }

    /// Goes down one call for each buffer, since the memory of a buffer may be used within its closure only. A buffer is taken
    /// out of the array meanwhile: one that two places hold would be copied when it is written to.
    private func make(
        _ turn: [Waiting], _ buffers: inout [ByteBuffer], _ places: inout [PieceRound.Place],
        _ results: inout [Result<Int?, any Error>]
    ) {
        let position = places.count
        guard position < buffers.count else {
            results = round.next(places)
            return
        }
        var buffer = ByteBuffer()
        swap(&buffer, &buffers[position])
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: SegmentPieces.size) { space in
            let piece = UnsafeMutableRawBufferPointer(rebasing: space[..<SegmentPieces.size])
            places.append(PieceRound.Place(turn[position].body.pieces, piece))
            make(turn, &buffers, &places, &results)
            return ((try? results[position].get()) ?? nil) ?? 0
        }
        swap(&buffer, &buffers[position])
    }

    private func settle(_ waiting: Waiting, _ buffer: ByteBuffer, _ result: Result<Int?, any Error>) {
        switch result {
        case .success(nil):
            PieceBuffers.giveBack(buffer)
            waiting.promise.completeWith(waiting.body.pieceFromDisk(on: loop))
        case .success:
            waiting.promise.succeed(waiting.body.collected(buffer))
        case .failure(let error):
            PieceBuffers.giveBack(buffer)
            waiting.promise.fail(error)
        }
    }
}
