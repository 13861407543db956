import Catalog

/// How lists are cut into pages: at most `limit` items after the one that `after` names.
public enum Paging {
    public static let limits = 1...1000
    public static let defaultLimit = 100
    /// Longest `after`, in bytes.
    public static let maximumCursor = 256

    /// A page with one item too many, by which the end of the list is known.
    static func page(after: String?, limit: Int?) throws -> Page {
        Page(after: after, limit: try checked(limit) + 1)
    }

    /// Cuts the item too many off, and gives the cursor of the next page; nil at the list's end.
    static func cut<Item>(
        _ items: [Item], limit: Int?, cursor: (Item) -> String
    ) throws -> (items: [Item], next: String?) {
        let limit = try checked(limit)
        let page = Array(items.prefix(limit))
        return (page, items.count > limit ? page.last.map(cursor) : nil)
    }

    private static func checked(_ limit: Int?) throws -> Int {
        let limit = limit ?? defaultLimit
        guard limits.contains(limit) else {
            throw OperatorError(
                .invalid, "the limit of a list lies between \(limits.lowerBound) and \(limits.upperBound)")
        }
        return limit
    }
}

/// A report that is one page of a list.
public protocol PagedReport: Codable, Sendable {
    /// The `after` of the next page; nil for the last one.
    var next: String? { get }
}
