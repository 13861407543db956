import Administration
import Catalog
import Foundation
import Policies

/// The forms that texts have. Each says itself in the specification, and judges texts by the same rule.
public enum TextForm: Sendable, Hashable {
    /// A name of a policy, key, secret, asset or token.
    case name
    /// A name of a file of an asset: parts of a path.
    case fileName
    /// A UUID in any spelling that a KID may have.
    case uuid
    /// A UUID in its one spelling: a locator's id.
    case locator
    /// RFC 3339.
    case time
    /// `60s`, `5m`, `12h`, `30d`.
    case duration
    /// An address of IPv4 or IPv6.
    case address
    /// Base64 with its padding, of so many characters.
    case base64(ClosedRange<Int>)
    /// One of these words.
    case choice([String])
    /// Any text of so many bytes.
    case text(ClosedRange<Int>)

    /// What the specification says of it.
    var specification: [String: JSONValue] {
        switch self {
        case .name:
            ["type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$", "examples": ["film-42"]]
        case .fileName:
            [
                "type": "string", "maxLength": 512,
                "pattern":
                    "^[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,127}(/[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,127}){0,7}$",
                "examples": ["master.mov"],
            ]
        case .uuid:
            [
                "type": "string",
                "pattern":
                    "^([0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})$",
                "examples": ["7f1d0a4c-3f53-4d8e-9f6b-2d1c0e5a7b90"],
            ]
        case .locator:
            [
                "type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                "examples": ["2b0d10f5-8792-4723-802d-556e59577797"],
            ]
        case .time: ["type": "string", "format": "date-time", "examples": ["2027-01-31T12:00:00Z"]]
        case .duration: ["type": "string", "pattern": "^[1-9][0-9]{0,5}[smhd]$", "examples": ["30d"]]
        case .address:
            ["type": "string", "anyOf": [["format": "ipv4"], ["format": "ipv6"]], "examples": ["192.0.2.7"]]
        case .base64(let range):
            [
                "type": "string", "contentEncoding": "base64", "minLength": .integer(Int64(range.lowerBound)),
                "maxLength": .integer(Int64(range.upperBound)),
                "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
            ]
        case .choice(let words): ["type": "string", "enum": .array(words.map(JSONValue.string))]
        case .text(let range):
            // The bound is in bytes, and the specification's in characters: it asks for less than it might.
            [
                "type": "string", "minLength": .integer(Int64(range.lowerBound)),
                "maxLength": .integer(Int64(range.upperBound)),
            ]
        }
    }

    /// What is wrong with a text; nil when nothing is.
    func problem(_ text: String) -> String? {
        switch self {
        case .name:
            Self.isName(text) ? nil : "is 1 to 128 of letters, digits, '.', '_' and '-', and does not start with '.'"
        case .fileName:
            AssetFileRecord.isName(text)
                ? nil
                : "is 1 to 8 parts with '/' between them, each of letters, digits, '.', '_', '-' and '+', and none "
                    + "starting with '.'; 512 at most"
        case .uuid: Self.isUUID(text) ? nil : "is a UUID: 32 hexadecimal digits, dashed 8-4-4-4-12 or not"
        case .locator:
            Self.isUUID(text) && text.utf8.count == 36 && text == text.lowercased()
                ? nil : "is a UUID in lower case with dashes"
        case .time: Self.isTime(text) ? nil : "is a time in RFC 3339, as 2027-01-31T12:00:00Z"
        case .duration:
            text.utf8.count <= 7 && text.first != "0" && DurationText.seconds(text) ?? 0 > 0
                ? nil : "is a duration as 60s, 5m, 12h or 30d"
        case .address: IPAddress(text) != nil ? nil : "is an address of IPv4 or IPv6, as 192.0.2.7 or 2001:db8::7"
        case .base64(let range):
            !range.contains(text.utf8.count)
                ? "has \(range.lowerBound) to \(range.upperBound) characters"
                : Data(base64Encoded: text) != nil ? nil : "is base64"
        case .choice(let words): words.contains(text) ? nil : "is one of \(words.joined(separator: ", "))"
        case .text(let range):
            range.contains(text.unicodeScalars.count)
                ? nil : "has \(range.lowerBound) to \(range.upperBound) characters"
        }
    }

    private static func isName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.first != 0x2E
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || [0x2D, 0x2E, 0x5F].contains($0)
            }
    }

    private static func isUUID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false).map(\.utf8.count)
        return (groups == [32] || groups == [8, 4, 4, 4, 12])
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2D
            }
    }

    private static func isTime(_ text: String) -> Bool {
        Timestamp.parse(text) != nil
    }
}
