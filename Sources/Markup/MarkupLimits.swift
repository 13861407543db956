/// How much of a document is taken. What is beyond is refused before a parser sees it.
public struct MarkupLimits: Sendable, Hashable {
    /// Of the whole document.
    public var bytes = 4 << 20
    /// Elements within elements, the root being 1.
    public var depth = 64
    public var elements = 50_000
    /// Of one element, namespace declarations among them.
    public var attributes = 64
    /// Of one tag. Bounds what checks of attributes against each other cost, and what canonical XML can grow to, which
    /// repeats namespaces.
    public var tagBytes = 8 << 10

    public init() {}
}
