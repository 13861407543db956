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
    }

    private let state = Mutex(State())
    /// Of one age, in bytes.
    private let capacity: UInt64

    /// - Parameter capacity: of all that is kept, in bytes; 0 to keep nothing.
    public init(capacity: Int) {
        self.capacity = UInt64(max(capacity, 0)) / 2
    }

    func pieces(of name: Name) -> [ByteBuffer]? {
        guard capacity > 0 else { return nil }
        return state.withLock { state in
            if let pieces = state.younger[name] { return pieces }
            guard let pieces = state.elder[name] else { return nil }
            Self.keep(pieces, as: name, in: &state, capacity)
            return pieces
        }
    }

    /// Whether the segment, which is not kept, is worth it. Asked once for each request.
    func isWanted(_ name: Name) -> Bool {
        // One segment must not push out most others.
        guard name.size <= capacity / 8 else { return false }
        return state.withLock { state in
            if state.seen.value(of: name) != nil { return true }
            state.seen.keep(true, as: name)
            return false
        }
    }

    func keep(_ pieces: [ByteBuffer], as name: Name) {
        state.withLock { Self.keep(pieces, as: name, in: &$0, capacity) }
    }

    private static func keep(_ pieces: [ByteBuffer], as name: Name, in state: inout State, _ capacity: UInt64) {
        guard state.younger[name] == nil else { return }
        if state.size + name.size > capacity {
            state.elder = state.younger
            state.younger = [:]
            state.size = 0
        }
        state.younger[name] = pieces
        state.size += name.size
    }
}
