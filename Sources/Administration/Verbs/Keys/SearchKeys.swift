import Catalog
import ContentKeys
public import Foundation
import Policies

/// Searches the content keys: everything that is given must hold.
public struct SearchKeys: OperatorVerb {
    /// What the name starts with.
    public var search: String?
    public var type: String?
    public var authorizationPolicy: String?
    /// `enabled`, `disabled` or `pendingDeletion`.
    public var state: String?
    public var label: String?
    public var createdFrom: Date?
    public var createdBefore: Date?
    public var after: String?
    public var limit: Int?

    public init(
        search: String?, type: String?, authorizationPolicy: String?, state: String?, label: String?,
        createdFrom: Date?, createdBefore: Date?, after: String?, limit: Int?
    ) {
        self.search = search
        self.type = type
        self.authorizationPolicy = authorizationPolicy
        self.state = state
        self.label = label
        self.createdFrom = createdFrom
        self.createdBefore = createdBefore
        self.after = after
        self.limit = limit
    }

    public func run(in context: OperatorContext) async throws -> KeyPageReport {
        let limit = limit ?? Paging.defaultLimit
        guard Paging.limits.contains(limit) else {
            throw OperatorError(.invalid, "the limit of a list lies between 1 and 1000")
        }
        var query = try query(limit)
        var page = try await context.catalog.contentKeys(matching: query)
        // One reading looks at so many keys only; whoever asks wants a number of matches.
        while page.keys.count < limit, let after = page.next {
            try Task.checkCancellation()
            query.after = after
            query.limit = limit - page.keys.count
            let more = try await context.catalog.contentKeys(matching: query)
            page.keys += more.keys
            page.next = more.next
        }
        return KeyPageReport(page)
    }

    private func query(_ limit: Int) throws -> KeyQuery {
        KeyQuery(
            namePrefix: search,
            type: try type.map { word in
                guard let type = ContentKeyType(rawValue: word) else {
                    throw OperatorError(.invalid, "there are no keys of type \(word.quoted)")
                }
                return type
            }, authorizationPolicy: authorizationPolicy,
            state: try state.map { word in
                guard let state = ContentKeyState(rawValue: word) else {
                    throw OperatorError(.invalid, "there are no keys in state \(word.quoted)")
                }
                return state
            }, label: try label.map(KeyWords.label), createdFrom: createdFrom, createdBefore: createdBefore,
            after: after, limit: limit)
    }
}

extension KeyPageReport: PagedReport {}
