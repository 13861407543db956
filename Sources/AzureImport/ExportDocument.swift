import ContentKeys
import Markup
import Tokens

/// A file's contents, told apart by what they are and not by the file's name.
enum ExportDocument {
    case json(ExportNode)
    case xml(MarkupElement)
    /// Neither JSON nor XML.
    case other

    /// Of a document from a file. Resources of the management API nest licences deep.
    static let limits = JSONReader.Limits(depth: 32, values: 400_000)
    /// Of a document in a string of another one.
    static let embeddedLimits = JSONReader.Limits(depth: 16, values: 20_000)
    /// Of one file, in bytes.
    static let longest = 4 << 20

    /// - Throws: `Refusal` for what starts as JSON or XML and is not.
    static func read(_ bytes: ZeroedBytes, at place: ExportPlace) throws(Refusal) -> ExportDocument {
        guard bytes.count <= longest else { throw Refusal("is larger than \(longest >> 20) MiB", at: place) }
        let text = bytes.withUnsafeBytes { Self.text(of: $0) }
        guard let text else { return .other }
        switch text.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            do throws(JSONError) {
                return .json(ExportNode(value: try JSONReader.read(text, within: limits), place: place))
            } catch {
                throw Refusal(
                    "the JSON is not read: \(words(for: error.reason)), at byte \(error.position)", at: place,
                    breaksOff: error.reason == .unexpectedEnd)
            }
        case UInt8(ascii: "<"):
            do throws(MarkupError) {
                return .xml(try markup(text).root)
            } catch {
                throw Refusal("the XML is not read: \(error.reason)", at: place.text(at: error.position))
            }
        default: return .other
        }
    }

    /// What every export has one of, in any letter case.
    private static let words = [
        "accesscontrol", "assetdelivery", "contentkey", "keydelivery", "mediaservice", "microsoft.media", "policyid",
        "restriction", "streaming",
    ].map { Array($0.utf8) }

    /// Whether the bytes of a document that could not be read have anything of an export in them. Looked for in place:
    /// there may be keys among them.
    static func speaksOfMediaServices(_ bytes: ZeroedBytes) -> Bool {
        bytes.withUnsafeBytes { bytes in
            bytes.indices.contains { start in words.contains { stands($0, at: start, in: bytes) } }
        }
    }

    /// Whether a word in lower case stands at a place, in any letter case and with or without the zeros of UTF-16.
    private static func stands(_ word: [UInt8], at start: Int, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes[start] | 0x20 == word[0] else { return false }
        var rest = word[...]
        for byte in bytes[start...] where byte != 0 {
            guard let next = rest.first else { break }
            guard byte == next || byte | 0x20 == next else { return false }
            rest = rest.dropFirst()
        }
        return rest.isEmpty
    }

    /// The elements of XML.
    static func markup(
        _ text: [UInt8], _ limits: MarkupLimits = MarkupLimits()
    ) throws(MarkupError) -> MarkupDocument {
        try text.withUnsafeBytes { bytes in
            Result { () throws(MarkupError) in try MarkupDocument(bytes, limits: limits) }.mapError { error in
                // What the parser says may quote the document.
                error.reason.hasPrefix("not well-formed")
                    ? MarkupError(error.position, "it is not well-formed") : error
            }
        }.get()
    }

    private static func words(for reason: JSONError.Reason) -> String {
        switch reason {
        case .notUTF8: "it is not UTF-8"
        case .tooDeep: "it is nested deeper than \(limits.depth)"
        case .tooMany: "it has more than \(limits.values) values"
        case .unexpectedEnd: "it ends too early"
        case .unexpectedByte: "something does not belong there"
        case .badEscape: "an escape is malformed"
        case .badNumber: "a number is too long"
        case .duplicateMember: "a member is there twice"
        case .trailingBytes: "something follows it"
        }
    }

    /// UTF-8 without a byte order mark; PowerShell writes one, or UTF-16. Nil for another encoding.
    static func text(of bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(bytes.dropFirst(3)) }
        if bytes.starts(with: [0xFF, 0xFE]) { return utf8(bytes.dropFirst(2), isBigEndian: false) }
        if bytes.starts(with: [0xFE, 0xFF]) { return utf8(bytes.dropFirst(2), isBigEndian: true) }
        return Array(bytes)
    }

    private static func utf8(_ bytes: Slice<UnsafeRawBufferPointer>, isBigEndian: Bool) -> [UInt8]? {
        guard bytes.count.isMultiple(of: 2) else { return nil }
        let bytes = Array(bytes)
        let units = stride(from: 0, to: bytes.count, by: 2).map { position in
            let (first, second) = (UInt16(bytes[position]), UInt16(bytes[position + 1]))
            return isBigEndian ? first << 8 | second : second << 8 | first
        }
        return String(validating: units, as: UTF16.self).map { Array($0.utf8) }
    }
}
