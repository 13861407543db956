import Foundation

/// The file that is being read and the errors found in it so far. Owned by one call of the loader.
final class DocumentScope {
    /// As errors name it.
    let file: String
    /// Gives the text of a PEM file that the document names.
    let publicKeys: PublicKeyReading
    /// The hosts that published keys may be read from; nil where that is not known, and not asked.
    let keySetHosts: [String]?
    private(set) var errors: [DocumentError] = []
    /// Where fields stand that another one of the same name makes void.
    private var skipped: Set<SourcePosition> = []

    init(file: String, folder: URL) {
        self.file = file
        publicKeys = .folder(folder)
        keySetHosts = nil
    }

    init(file: String, publicKeys: PublicKeyReading, keySetHosts: [String]? = nil) {
        self.file = file
        self.publicKeys = publicKeys
        self.keySetHosts = keySetHosts
    }

    func skip(line: Int, column: Int) {
        skipped.insert(SourcePosition(file: file, line: line, column: column))
    }

    func isSkipped(_ position: SourcePosition) -> Bool { skipped.contains(position) }

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
