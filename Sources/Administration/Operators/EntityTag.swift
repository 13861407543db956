import Crypto
import Foundation

/// The state of something that can be changed, as a strong entity tag (RFC 9110, 8.8.3): a hash of its canonical JSON.
public enum EntityTag {
    static func of(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .millisecondsSince1970
        return quoted(SHA256.hash(data: try encoder.encode(value)))
    }

    static func of(bytes: [UInt8]) -> String {
        quoted(SHA256.hash(data: bytes))
    }

    private static func quoted(_ digest: some Sequence<UInt8>) -> String {
        let digits = digest.prefix(16).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return "\"\(digits.joined())\""
    }
}

/// A report that has an entity tag.
public protocol TaggedReport: Codable, Sendable {
    var entityTag: String? { get }
    /// Whether the request made it.
    var isCreated: Bool { get }
}

extension TaggedReport {
    public var isCreated: Bool { false }
}

/// What a change asks of the present state (RFC 9110, 13.1).
struct Precondition {
    /// The header fields' values, as they came.
    var ifMatch: String?
    var ifNoneMatch: String?

    /// - Parameter tag: of what is stored; nil when nothing is.
    /// - Throws: `OperatorError` with `changed`.
    func check(_ tag: String?, of what: String) throws {
        if let ifMatch, !Self.names(ifMatch, tag) {
            throw OperatorError(
                .changed, tag == nil ? "there is no \(what)" : "\(what) is not what If-Match names: read it again")
        }
        if let ifNoneMatch, Self.names(ifNoneMatch, tag) {
            throw OperatorError(.changed, "\(what) is there already")
        }
    }

    var isEmpty: Bool { ifMatch == nil && ifNoneMatch == nil }

    /// `*` names whatever there is; a weak tag names nothing here.
    private static func names(_ list: String, _ tag: String?) -> Bool {
        guard let tag else { return false }
        return list.split(separator: ",").map { $0.drop { $0 == " " } }.contains { item in
            let text = item.reversed().drop { $0 == " " }.reversed()
            return String(text) == "*" || String(text) == tag
        }
    }
}
