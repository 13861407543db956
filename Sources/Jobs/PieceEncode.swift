import Catalog
import ContentKeys
import EncoderProtocol
import Foundation
import MediaStorage
import Subprocess

/// Encodes a film in pieces: several children at once, each from its own place in the input. A piece that is done is kept, so
/// that a crash costs those that were under way.
struct PieceEncode: Sendable {
    /// A piece whose child was lost is begun anew this often in all, before the task itself fails.
    private static let attempts = 3

    let environment: EncodingWorker.Environment
    let shelf: PieceShelf
    let taken: TakenTask
    let order: EncodingOrder
    let film: DividedFilm
    let fingerprint: String
    /// Of all pieces that this run makes; nil for what lies in the clear.
    let key: (clear: ContentKey, wrapped: WrappedContentKey)?
    let spare: SpareEncoders
    let progress: PieceProgress
    /// Of what all pieces have in bytes: the encoder itself says how many pieces there are.
    let budget: OutputBudget

    private var job: JobID { taken.job.id }

    /// How many pieces there are of a film: those of its video, and up to two that go over the whole of it.
    static func count(_ film: DividedFilm, _ order: EncodingOrder) -> Int {
        film.pieceCount + (film.hasOthers ? 1 : 0) + (order.hasStills ? 1 : 0)
    }

    /// The number of the piece that has everything but video and still pictures.
    private var soundNumber: Int? { film.hasOthers ? film.pieceCount : nil }

    /// The number of the piece that has the still pictures.
    private var stillsNumber: Int? { order.hasStills ? film.pieceCount + (film.hasOthers ? 1 : 0) : nil }

    /// The last piece first: it shows that the input goes on to its end, and how many pictures there are. Still pictures are
    /// chosen among all of the film's, which takes longest.
    private var turns: [Int] {
        [film.pieceCount - 1] + [stillsNumber].compactMap { $0 } + Array(0..<(film.pieceCount - 1))
            + [soundNumber].compactMap { $0 }
    }

    /// - Returns: the pieces in the film's order, behind them sound and still pictures, and what they are read with.
    /// - Throws: `JobFailure`, `PausedTask`, what `JobFailure(meaning:)` knows.
    func run() async throws -> (pieces: [PieceRecord], keys: PieceKeys) {
        var made: [Int: PieceRecord] = [:]
        var waiting = self.turns
        var keys = PieceKeys(own: key)
        for number in waiting {
            guard let piece = shelf.piece(number, of: job, fingerprint),
                try await keys.open(piece, in: environment)
            else { continue }
            made[number] = piece
        }
        waiting.removeAll { made[$0] != nil }
        for (number, piece) in made {
            for track in piece.tracks { try budget.take(track.mediaSize) }
            progress.end(number)
        }
        var turns = PieceTurns(most: taken.task.options.encoders ?? Int.max)
        // Behind the group: a place is free when its child has ended.
        defer { for _ in 0..<turns.spareCount { spare.giveBack() } }
        try await withThrowingTaskGroup(of: Turn.self) { group in
            group.addTask { try await Self.tick() }
            var mayHelp = true
            while !waiting.isEmpty || turns.count > 0 {
                let isPaused = try await environment.catalog.job(job)?.isPaused ?? false
                if isPaused, turns.count == 0 { throw PausedTask() }
                while !isPaused, let place = waiting.firstIndex(where: { isReady($0, made) }),
                    let isSpare = turns.begin(mayHelp ? spare : .none)
                {
                    let number = waiting.remove(at: place)
                    let pictures = made[film.pieceCount - 1]?.pictures
                    group.addTask { .made(number, try await make(number, pictures: pictures), isSpare: isSpare) }
                }
                mayHelp = false
                switch try await group.next() {
                case .made(let number, let record, let isSpare):
                    made[number] = record
                    turns.end(isSpare: isSpare)
                    if isSpare { spare.giveBack() }
                case .tick:
                    // Tasks that wait for a place come before helpers: they look for one more often.
                    mayHelp = true
                    group.addTask { try await Self.tick() }
                case nil: throw CancellationError()
                }
            }
            group.cancelAll()
        }
        return (made.sorted { $0.key < $1.key }.map(\.value), keys)
    }

    private enum Turn: Sendable {
        case made(Int, PieceRecord, isSpare: Bool)
        case tick
    }

    private static func tick() async throws -> Turn {
        try? await Task.sleep(for: JobQueue.pollInterval)
        return .tick
    }

    /// Sound waits for the last picture: texts end with it.
    private func isReady(_ number: Int, _ made: [Int: PieceRecord]) -> Bool {
        number != soundNumber || made[film.pieceCount - 1] != nil
    }

    private func share(_ number: Int, pictures: Int?) -> EncodingOrder.Share {
        guard number != soundNumber else { return .sound(pictures: pictures ?? 0) }
        guard number != stillsNumber else { return .stills(index: nil) }
        let isLast = number == film.pieceCount - 1
        return .pictures(first: number * film.pieceSize, count: isLast ? nil : film.pieceSize)
    }

    private func make(_ number: Int, pictures: Int?) async throws -> PieceRecord {
        for attempt in 0..<Self.attempts {
            do {
                return try await make(number, pictures: pictures, attempt: attempt)
            } catch let failure as JobFailure where failure.errorClass == .lost && attempt + 1 < Self.attempts {
                try Task.checkCancellation()
            }
        }
        throw JobFailure(.encoderCrashed, "piece \(number + 1) was lost \(Self.attempts) times", as: .lost)
    }

    private func make(_ number: Int, pictures: Int?, attempt: Int) async throws -> PieceRecord {
        var order = order
        order.share = share(number, pictures: pictures)
        order.known = EncodingOrder.Known(bitrateFactor: film.bitrateFactor, form: film.form)
        let staged = try shelf.storage.stage(in: nil)
        defer { staged.discard() }
        // The key is of this run alone, and no two files of a run have one nonce.
        let first = UInt64(attempt) << 48 | UInt64(number) << 8
        let reception = EncodingReception(
            staged: staged, key: key?.clear, nonces: (0..<UInt64(EncoderFrame.maximumTracks)).map { first + $0 },
            budget: budget
        ) { event in try await progress.note(event, of: number) }
        do {
            return try await receive(reception, try order.text(), as: number, staged)
        } catch {
            budget.giveBack(await reception.received)
            throw error
        }
    }

    private func receive(
        _ reception: EncodingReception, _ order: String, as number: Int, _ staged: any StagedVersion
    ) async throws -> PieceRecord {
        let outcome = try await environment.runChild(order, inputs: taken.job.inputs, reception)
        if let failure = await reception.failure { throw failure }
        guard await reception.isFinished, outcome.status.isSuccess else { throw outcome.failure }
        let record = PieceRecord(
            fingerprint: fingerprint, key: key?.wrapped,
            tracks: try await reception.ended(mayBeNone: number == stillsNumber).map {
                PieceRecord.Track($0.record, number: $0.number)
            },
            pictures: await reception.pictures, warnings: await reception.warnings,
            qualities: await reception.qualities)
        try shelf.put(record, staged, as: number, of: job)
        progress.end(number)
        return record
    }
}

/// Whose place the pieces under way have.
struct PieceTurns {
    let most: Int
    private var hasOwn = false
    private(set) var spareCount = 0

    init(most: Int) {
        self.most = most
    }

    var count: Int { spareCount + (hasOwn ? 1 : 0) }

    /// Takes the task's own place, else a spare one; nil when there is none.
    mutating func begin(_ spare: SpareEncoders) -> Bool? {
        guard hasOwn else {
            hasOwn = true
            return false
        }
        guard count < most, spare.take() else { return nil }
        spareCount += 1
        return true
    }

    mutating func end(isSpare: Bool) {
        if isSpare { spareCount -= 1 } else { hasOwn = false }
    }
}

/// The job was paused, and what of the task was under way has ended: it is given back, and goes on there.
struct PausedTask: Error {}
