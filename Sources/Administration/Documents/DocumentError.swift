/// Where something stands in a document.
public struct SourcePosition: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The file's path as the caller gave it.
    public var file: String
    /// Counts from 1.
    public var line: Int
    /// Counts from 1, in Unicode scalars.
    public var column: Int

    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    public var description: String { "\(file):\(line):\(column)" }
}

/// One thing wrong with a document. Names fields, files and policies; never shows the content of a PEM file or a secret.
public struct DocumentError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    public var position: SourcePosition
    public var message: String

    public init(_ message: String, at position: SourcePosition) {
        self.position = position
        self.message = message
    }

    /// `file:line:column: message`
    public var description: String { "\(position): \(message)" }
}

extension DocumentError: Comparable {
    /// By file, line and column.
    public static func < (left: DocumentError, right: DocumentError) -> Bool {
        (left.position.file, left.position.line, left.position.column)
            < (right.position.file, right.position.line, right.position.column)
    }
}
