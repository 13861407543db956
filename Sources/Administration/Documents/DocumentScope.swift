import Foundation

/// The file that is being read and the errors found in it so far. Owned by one call of the loader.
final class DocumentScope {
    /// As errors name it.
    let file: String
    /// What paths in the document start from.
    let folder: URL
    private(set) var errors: [DocumentError] = []

    init(file: String, folder: URL) {
        self.file = file
        self.folder = folder
    }

    func report(_ message: String, line: Int, column: Int) {
        errors.append(DocumentError(message, at: SourcePosition(file: file, line: line, column: column)))
    }
}

extension String {
    /// The text between quotes as an error message shows it: one line, at most 64 characters, no control characters.
    var quoted: String {
        let shown = unicodeScalars.prefix(64).map { scalar -> Character in
            scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                ? "\u{FFFD}" : Character(scalar)
        }
        return "'\(String(shown))\(unicodeScalars.count > 64 ? "…" : "")'"
    }
}
