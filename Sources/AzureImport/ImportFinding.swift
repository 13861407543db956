/// Something of an export that is not here as it was there: where it stood, and what became of it. Names things, never
/// secrets.
public struct ImportFinding: Sendable, Hashable, Codable, CustomStringConvertible {
    public enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
        /// The export, or what may be one, cannot be understood: nothing is imported.
        case error
        /// A whole item is left out, because without a part of it, it would allow more than it did; or a file that is no
        /// export.
        case refused
        /// A part is left out; what is imported allows no more without it.
        case notTakenOver
        /// Taken over, with something to know.
        case note

        /// As a line of a report starts.
        var words: String {
            switch self {
            case .error: "error"
            case .refused: "left out"
            case .notTakenOver: "not taken over"
            case .note: "note"
            }
        }
    }

    public var outcome: Outcome
    public var place: ExportPlace
    public var message: String

    public init(_ outcome: Outcome, _ message: String, at place: ExportPlace) {
        self.outcome = outcome
        self.place = place
        self.message = message
    }

    /// Whether something is missing that was there.
    public var isLoss: Bool { outcome != .note }

    public var description: String { "\(outcome.words): \(place): \(message)" }
}

/// Findings as they are made. Owned by one reading.
final class FindingList {
    private(set) var findings: [ImportFinding] = []

    func add(_ outcome: ImportFinding.Outcome, _ message: String, at place: ExportPlace) {
        findings.append(ImportFinding(outcome, message, at: place))
    }

    func add(_ more: [ImportFinding]) {
        findings += more
    }
}

/// Why an item is left out.
struct Refusal: Error {
    var reason: String
    var place: ExportPlace
    /// Whether the document ends before it is complete, so that nobody can tell what it was.
    var breaksOff: Bool

    init(_ reason: String, at place: ExportPlace, breaksOff: Bool = false) {
        self.reason = reason
        self.place = place
        self.breaksOff = breaksOff
    }
}
