import EncoderProtocol
import Synchronization

/// How far a film is, from what is said of its pieces.
final class PieceProgress: Sendable {
    private struct State {
        var fractions: [Int: Double] = [:]
        var seconds: [Int: Double] = [:]
        var speeds: [Int: Double] = [:]
    }

    private let count: Int
    private let state = Mutex(State())
    private let report: @Sendable (EncoderEvent) async throws -> Void

    /// - Parameter count: of all pieces.
    init(count: Int, report: @escaping @Sendable (EncoderEvent) async throws -> Void) {
        self.count = max(count, 1)
        self.report = report
    }

    func note(_ event: EncoderEvent, of piece: Int) async throws {
        guard case .progress(let fraction, let seconds, let speed) = event, fraction.isFinite, seconds.isFinite,
            speed.isFinite
        else { return }
        let (done, whole, together) = state.withLock { state in
            state.fractions[piece] = min(max(fraction, 0), 1)
            state.seconds[piece] = max(seconds, 0)
            state.speeds[piece] = max(speed, 0)
            return (
                state.fractions.values.reduce(0, +), state.seconds.values.reduce(0, +), state.speeds.values.reduce(0, +)
            )
        }
        try await report(.progress(fraction: done / Double(count), seconds: whole, speed: together))
    }

    func end(_ piece: Int) {
        state.withLock { state in
            state.fractions[piece] = 1
            state.speeds[piece] = nil
        }
    }
}
