import Catalog
import Policies

/// Decisions that are committed together.
struct DecisionBatch: Sendable {
    typealias Completion = @Sendable (Result<UseCount, CatalogError>) -> Void

    struct Member: Sendable {
        /// Nil when its lines are in the batch.
        let counted: DecisionRecord?
        /// Of the batch.
        let lines: Range<Int>
        let completion: Completion
    }

    /// Those who hear of it at one place.
    struct Group: Sendable {
        let place: (any CompletionPlace)?
        fileprivate(set) var members: [Member] = []
    }

    private(set) var groups: [Group] = []
    private(set) var count = 0
    /// What is written of those that count nothing.
    private(set) var lines = AuditLines()
    /// Whether the use of a token is counted with any of them.
    private(set) var counts = false
    /// How many members a group is made for.
    private var room = 0

    mutating func add(
        _ decision: DecisionRecord, at place: (any CompletionPlace)?, _ completion: @escaping Completion
    ) {
        let start = lines.count
        let certain = decision.certainEntries
        if let certain { lines.append(certain) }
        let member = Member(
            counted: certain == nil ? decision : nil, lines: start..<lines.count, completion: completion)
        add(member, at: place)
    }

    private mutating func add(_ member: Member, at place: (any CompletionPlace)?) {
        let identity = place?.identity
        let known = groups.firstIndex { $0.place?.identity == identity }
        if known == nil {
            var group = Group(place: place)
            group.members.reserveCapacity(room)
            groups.append(group)
        }
        groups[known ?? groups.count - 1].members.append(member)
        count += 1
        counts = counts || member.counted != nil
    }

    /// One of them alone.
    func alone(_ member: Member, at place: (any CompletionPlace)?) -> DecisionBatch {
        var batch = DecisionBatch()
        batch.lines.append(lines, member.lines)
        let lines = 0..<batch.lines.count
        batch.add(Member(counted: member.counted, lines: lines, completion: member.completion), at: place)
        return batch
    }

    /// Takes room for as much as another one has.
    mutating func reserve(as other: DecisionBatch) {
        lines.reserve(as: other.lines)
        room = other.groups.first?.members.count ?? 0
    }
}
