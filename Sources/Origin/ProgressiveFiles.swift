import Catalog
import Synchronization

/// Files that were laid out: their movie boxes go over all samples, and are megabytes for a long film.
///
/// Each is laid out once for all who ask for it, and is one object for as long as anybody reads it, whether it is kept or not. What
/// was read last is kept within a number of bytes.
final class ProgressiveFiles: Sendable {
    /// The digests of the tracks' indexes, which say everything that a layout depends on.
    typealias Name = [[UInt8]]

    private struct Weak {
        weak var file: ProgressiveFile?
    }

    private struct State {
        /// Who waits for those that are being laid out.
        var builds: [Name: [CheckedContinuation<ProgressiveFile, any Error>]] = [:]
        /// Those that anybody holds, and some that have gone.
        var living: [Name: Weak] = [:]
        /// Those that are kept, the one that was asked for last at the end: there are few.
        var kept: [(name: Name, file: ProgressiveFile)] = []
    }

    /// Bytes of layouts that are kept while nobody reads them: some ten hours of film.
    static let usualCapacity = 32 << 20

    private let capacity: Int
    private let build: @Sendable ([OpenedTrack]) throws -> ProgressiveFile
    private let state = Mutex(State())

    /// - Parameters:
    ///   - capacity: of what is kept, in bytes; what is larger by itself is shared, but not kept.
    ///   - build: lays a file out.
    init(
        capacity: Int = usualCapacity,
        build: @escaping @Sendable ([OpenedTrack]) throws -> ProgressiveFile = { try ProgressiveFile($0) }
    ) {
        self.capacity = capacity
        self.build = build
    }

    /// Bytes of what is kept.
    var keptCost: Int { state.withLock { Self.cost($0.kept) } }

    /// Laid out by whoever asks first, where that one runs: it is the work of a thread for media.
    func file(_ tracks: [OpenedTrack]) async throws -> ProgressiveFile {
        let name = tracks.map(\.record.indexDigest)
        switch state.withLock({ begin(name, &$0) }) {
        case .known(let file): return file
        case .mine: return try make(name, tracks)
        case .others:
            return try await withCheckedThrowingContinuation { continuation in
                // It was made meanwhile, or is made again where it was not kept.
                if !wait(for: name, continuation) {
                    continuation.resume(with: Result { try known(name) ?? make(name, tracks) })
                }
            }
        }
    }

    /// False when nobody lays it out any more.
    private func wait(for name: Name, _ continuation: CheckedContinuation<ProgressiveFile, any Error>) -> Bool {
        state.withLock { state in
            guard state.builds[name] != nil else { return false }
            state.builds[name]?.append(continuation)
            return true
        }
    }

    private func known(_ name: Name) -> ProgressiveFile? { state.withLock { $0.living[name]?.file } }

    private enum Beginning {
        case known(ProgressiveFile)
        /// Nobody lays it out yet: whoever asked does.
        case mine
        case others
    }

    private func begin(_ name: Name, _ state: inout State) -> Beginning {
        if let file = state.living[name]?.file {
            keep(file, name, &state)
            return .known(file)
        }
        guard state.builds[name] == nil else { return .others }
        state.builds[name] = []
        return .mine
    }

    private func make(_ name: Name, _ tracks: [OpenedTrack]) throws -> ProgressiveFile {
        let made = Result { try build(tracks) }
        let waiting = state.withLock { state in
            let waiting = state.builds.removeValue(forKey: name) ?? []
            guard case .success(let file) = made else { return waiting }
            // Once for each that is laid out: as many have gone at most as were laid out since.
            state.living = state.living.filter { $0.value.file != nil }
            state.living[name] = Weak(file: file)
            keep(file, name, &state)
            return waiting
        }
        for continuation in waiting { continuation.resume(with: made) }
        return try made.get()
    }

    /// Kept as the one that was asked for last; the others go while they do not fit.
    private func keep(_ file: ProgressiveFile, _ name: Name, _ state: inout State) {
        guard file.cost <= capacity else { return }
        state.kept.removeAll { $0.name == name }
        state.kept.append((name, file))
        var cost = Self.cost(state.kept)
        while cost > capacity {
            cost -= state.kept.removeFirst().file.cost
        }
    }

    private static func cost(_ kept: [(name: Name, file: ProgressiveFile)]) -> Int {
        kept.reduce(0) { $0 + $1.file.cost }
    }
}
