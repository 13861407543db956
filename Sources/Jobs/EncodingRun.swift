import AssetFiles
import Catalog
import ContentKeys
import EncoderProtocol
import Foundation
import MediaStorage
import Policies
import Subprocess

/// What an encode made.
struct MadeTracks {
    /// Has the tracks' files.
    var staged: any StagedVersion
    var tracks: [TrackRecord]
    var warnings: [String]
    var qualities: [RenditionQuality]
    /// For people and for tasks after it.
    var result: [String: String] = [:]

    static let maximumWarnings = 64

    /// Takes over what was said on the way, each thing once.
    mutating func settle(_ told: [String]) {
        var seen: Set<String> = []
        warnings = Array((told + warnings).filter { seen.insert($0).inserted }.prefix(Self.maximumWarnings))
        for quality in qualities { result["quality.\(quality.name)"] = quality.text }
    }
}

/// One encode of a job's inputs into a staged version, which removes itself unless it is kept: by one encoder, or in pieces
/// where the order says so and the input can be entered in its middle. Both give the same bytes.
struct EncodingRun: Sendable {
    let environment: EncodingWorker.Environment
    let taken: TakenTask
    /// Nil for media that is stored in the clear.
    let key: ContentKey?
    /// For `mostTries`.
    let nonces: [UInt64]
    /// The storage account; nil for the default one.
    let account: String?
    let spare: SpareEncoders
    let report: @Sendable (EncoderEvent) async throws -> Void

    /// How often pieces are joined: as often as a piece is found to be damaged, they are joined anew.
    private static let joins = 3
    /// How often the tracks may be written in all: one encoder does what pieces cannot.
    static let mostTries = joins + 1

    /// What is encrypted again must not be under a nonce of before: what was broken off may have written a part of it.
    private func nonces(ofTry number: Int) -> [UInt64] {
        Array(nonces.dropFirst(number * EncoderFrame.maximumTracks).prefix(EncoderFrame.maximumTracks))
    }

    func perform() async throws -> MadeTracks {
        var text = try EncodingWorker.preset(taken.task.options, taken.job)
        var told: [String] = []
        var reason: String?
        var own = nonces(ofTry: 0)
        if var order = try splitOrder(text), let shelf = environment.pieces {
            text = try order.text()
            let plan = try await plan(order)
            told = plan.warnings
            if let obstacle = plan.film.obstacle {
                reason = obstacle
                // There are no pieces that this one could be beside: it need not be made with one thread.
                order.split = .off
                text = try order.text()
            } else if plan.film.pieceCount > 1 {
                do {
                    var made = try await inPieces(order, plan.film, shelf)
                    made.settle(told)
                    return made
                } catch let failure as JobFailure where failure.isOfInput {
                    // Whether it is an error is for who reads the input from its beginning to its end.
                    reason = failure.message
                    own = nonces(ofTry: Self.joins)
                }
            }
        }
        var made = try await whole(text, own)
        if let reason {
            made.result["pieces"] = "1"
            told.append("one encoder made it: \(reason.prefix(300))")
        }
        made.settle(told)
        return made
    }

    /// The order with what its task says of pieces; nil where there are none.
    private func splitOrder(_ text: String) throws -> EncodingOrder? {
        let said = taken.task.options.split.flatMap(EncodingSplit.init)
        guard text != JobRecord.uploadPreset, said != nil || text.hasPrefix("{") else { return nil }
        do {
            var order = try EncodingOrder(text: text)
            order.split = said ?? order.split
            return order.split ?? .off == .off ? nil : order
        } catch {
            throw JobFailure(encoder: .unknownPreset, error.description)
        }
    }

    private func whole(_ text: String, _ nonces: [UInt64]) async throws -> MadeTracks {
        let staged = try await environment.stage(in: account)
        let reception = EncodingReception(
            staged: staged, key: key, nonces: nonces, budget: OutputBudget(environment.limits.output), onEvent: report)
        let outcome = try await environment.runChild(text, inputs: taken.job.inputs, reception)
        if let failure = await reception.failure { throw failure }
        guard await reception.isFinished, outcome.status.isSuccess else { throw outcome.failure }
        return MadeTracks(
            staged: staged, tracks: try await reception.tracks(), warnings: await reception.warnings,
            qualities: await reception.qualities)
    }

    private func plan(_ order: EncodingOrder) async throws -> (film: DividedFilm, warnings: [String]) {
        var order = order
        order.share = .plan
        let reception = ProbeReception()
        let outcome = try await environment.runChild(try order.text(), inputs: taken.job.inputs, reception)
        if let failure = await reception.failure { throw failure }
        guard await reception.isFinished, outcome.status.isSuccess, let film = await reception.film,
            (1...DividedFilm.maximumPieces).contains(film.pieceCount), film.pieceSize >= 0, film.pieceSize < 1 << 24
        else { throw outcome.failure }
        var warnings: [String] = []
        for event in await reception.told {
            try await report(event)
            if case .warning(let message) = event { warnings.append(String(message.prefix(500))) }
        }
        return (film, warnings)
    }

    /// A piece that turns out to be damaged is made anew, and the others are joined to it.
    private func inPieces(_ order: EncodingOrder, _ film: DividedFilm, _ shelf: PieceShelf) async throws -> MadeTracks {
        var told: [String] = []
        for number in 0..<Self.joins {
            do {
                var made = try await inPieces(order, film, shelf, try: number)
                made.settle(told)
                return made
            } catch let damaged as DamagedPiece {
                try shelf.remove(damaged.number, of: taken.job.id)
                told.append("piece \(damaged.number + 1) was damaged and made anew: \(damaged.reason.prefix(300))")
            }
        }
        throw JobFailure(
            .storageFailed, "pieces of the film were damaged \(Self.joins) times: look at the disk of the data folder")
    }

    private func inPieces(
        _ order: EncodingOrder, _ film: DividedFilm, _ shelf: PieceShelf, try number: Int
    ) async throws -> MadeTracks {
        var pieceKey: (clear: ContentKey, wrapped: WrappedContentKey)?
        if key != nil {
            let record = try await environment.makeStorageKey()
            pieceKey = (try await environment.unwrapper.unwrap(record.wrapped, for: .storage), record.wrapped)
        }
        let encode = PieceEncode(
            environment: environment, shelf: shelf, taken: taken, order: order, film: film,
            fingerprint: try PieceFingerprint.word(
                try order.text(), inputs: taken.job.inputs, film: film, encoder: environment.encoder),
            key: pieceKey, spare: spare, progress: PieceProgress(count: PieceEncode.count(film, order), report: report),
            budget: OutputBudget(environment.limits.output))
        let (pieces, keys) = try await encode.run()
        let join = PieceJoin(
            environment: environment, shelf: shelf, job: taken.job.id, pieces: pieces, keys: keys,
            mostGaps: order.mostStills)
        // Of its own: what does not fit is made anew by one encoder, beside it.
        let staged = try await environment.stage(in: account)
        let tracks = try await join.run(into: staged, key: key, nonces: nonces(ofTry: number))
        let qualities = RenditionQuality.joined(pieces.flatMap(\.qualities))
        for quality in qualities { try await report(.measured(quality)) }
        try await report(.finished)
        return MadeTracks(
            staged: staged, tracks: tracks, warnings: pieces.flatMap(\.warnings), qualities: qualities,
            result: ["pieces": "\(film.pieceCount)"])
    }
}

extension JobFailure {
    /// What is wrong with the input, as far as a piece of it was seen.
    var isOfInput: Bool { errorClass == .content && code != Code.limitExceeded.rawValue }
}
