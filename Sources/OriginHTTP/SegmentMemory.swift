import BoundedMemory
import NIOCore
import Origin
import Synchronization

/// Segments as they were sent, in memory: what many viewers ask for is encrypted once. Bounded in bytes, in two ages as
/// `TwoAges`. A segment is kept when it is asked for a second time: most are asked for once.
///
/// What is kept is given only to those who were allowed the segment just now, and what it is made of is in its name.
public final class SegmentMemory: Sendable {
    /// Equal names mean equal bytes.
    struct Name: Hashable, Sendable {
        private let entityTag: String
        let size: UInt64

        init(_ object: OriginObject) {
            entityTag = object.entityTag
            size = object.size
        }
    }

    private struct State {
        var younger: [Name: [ByteBuffer]] = [:]
        var elder: [Name: [ByteBuffer]] = [:]
        /// Of the younger, in bytes.
        var size: UInt64 = 0
        /// Asked for once.
        var seen = TwoAges<Name, Bool>(capacity: 20_000)
        /// Being collected, and how many bytes these will be.
        var collected: Set<Name> = []
        var collectedSize: UInt64 = 0
    }

    private let state = Mutex(State())
    /// Of one age, in bytes.
    private let capacity: UInt64

    /// - Parameter capacity: of all that is kept, in bytes; 0 to keep nothing.
    public init(capacity: Int) {
        // An age for each third, and one for what is being collected.
        self.capacity = UInt64(max(capacity, 0)) / 3
    }

    func pieces(of name: Name) -> [ByteBuffer]? {
        guard capacity > 0 else { return nil }
        let (pieces, released) = state.withLock { state -> ([ByteBuffer]?, [Name: [ByteBuffer]]) in
            if let pieces = state.younger[name] { return (pieces, [:]) }
            guard let pieces = state.elder[name] else { return (nil, [:]) }
            return (pieces, Self.keep(pieces, as: name, in: &state, capacity))
        }
        Self.release(released)
        return pieces
    }

    /// Asked once for each request for the whole of a segment that is not kept: not nil when its pieces are to be collected.
    /// One at a time is, however many ask, and all of them together are bounded: a slow reader holds what it collects.
    func collection(of name: Name) -> SegmentCollection? {
        // One segment must not push out most others.
        guard name.size <= capacity / 4 else { return nil }
        let isWanted = state.withLock { state in
            guard state.seen.value(of: name) != nil else {
                state.seen.keep(true, as: name)
                return false
            }
            guard state.collectedSize + name.size <= capacity, state.collected.insert(name).inserted else {
                return false
            }
            state.collectedSize += name.size
            return true
        }
        return isWanted ? SegmentCollection(name, self) : nil
    }

    fileprivate func end(_ name: Name, with pieces: [ByteBuffer]?) {
        let released = state.withLock { state -> [Name: [ByteBuffer]] in
            guard state.collected.remove(name) != nil else { return [:] }
            state.collectedSize -= name.size
            return pieces.map { Self.keep($0, as: name, in: &state, capacity) } ?? [:]
        }
        Self.release(released)
    }

    /// What is forgotten for it.
    private static func keep(
        _ pieces: [ByteBuffer], as name: Name, in state: inout State, _ capacity: UInt64
    ) -> [Name: [ByteBuffer]] {
        guard state.younger[name] == nil else { return [:] }
        var released: [Name: [ByteBuffer]] = [:]
        if state.size + name.size > capacity {
            released = state.elder
            state.elder = state.younger
            state.younger = [:]
            state.size = 0
        }
        state.younger[name] = pieces
        state.size += name.size
        return released
    }

    /// Gigabytes take milliseconds to go: not those of a request.
    private static func release(_ pieces: [Name: [ByteBuffer]]) {
        guard !pieces.isEmpty else { return }
        Task.detached(priority: .utility) { withExtendedLifetime(pieces) {} }
    }
}

/// Collects the pieces of a segment while it is sent, for the memory. Whoever ends early lets them go.
final class SegmentCollection: Sendable {
    private let name: SegmentMemory.Name
    private let memory: SegmentMemory
    private let pieces = Mutex<[ByteBuffer]>([])

    fileprivate init(_ name: SegmentMemory.Name, _ memory: SegmentMemory) {
        self.name = name
        self.memory = memory
    }

    deinit {
        memory.end(name, with: nil)
    }

    func add(_ piece: ByteBuffer) {
        pieces.withLock { $0.append(piece) }
    }

    /// All pieces are there.
    func finish() {
        memory.end(name, with: pieces.withLock { $0 })
    }
}
