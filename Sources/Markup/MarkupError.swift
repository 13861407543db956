/// A place in a document, both numbers from 1.
public struct MarkupPosition: Sendable, Hashable, CustomStringConvertible {
    public var line: Int
    /// Counts bytes of UTF-8.
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public var description: String { "\(line):\(column)" }
}

/// A document that is not taken: where, and why. Never says what a value is.
public struct MarkupError: Error, Sendable, Hashable, CustomStringConvertible {
    public var position: MarkupPosition
    public var reason: String

    public init(_ position: MarkupPosition, _ reason: String) {
        self.position = position
        self.reason = reason
    }

    public var description: String { "\(position): \(reason)" }
}
