import Foundation
import Policies

/// Writes a signature into the links of a manifest or playlist: a player resolves them against the document's own URL, and
/// the query of that is lost. The documents are those that this origin writes, so their spelling is known.
///
/// Links with a scheme or from the root are left: they lead elsewhere, as those of keys do.
struct SignedLinks {
    /// `kw=…`
    private let parameter: String

    /// - Parameter signature: of a form that queries may have as it is.
    init(signature: String) {
        parameter = PathSignature.name + "=" + signature
    }

    /// The document with signed links; nil for a type that has none.
    func signed(_ text: String, contentType: String) -> String? {
        switch contentType {
        case "application/vnd.apple.mpegurl": playlist(text)
        case "application/dash+xml": xml(text, attributes: ["media", "initialization", "sourceURL"])
        case "application/vnd.ms-sstr+xml": xml(text, attributes: ["Url"])
        case OriginService.thumbnailTrackType: cues(text)
        default: nil
        }
    }

    /// Cues of thumbnails: the sheet's address, and the place on it as a fragment.
    private func cues(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            guard let mark = line.firstIndex(of: "#") else { return String(line) }
            return link(String(line[..<mark]), and: "&") + line[mark...]
        }.joined(separator: "\n")
    }

    /// RFC 8216, 4.1: lines that are no tags are URIs; so are the quoted values of `URI`.
    private func playlist(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            if line.isEmpty { return "" }
            guard line.utf8.first == UInt8(ascii: "#") else { return link(String(line), and: "&") }
            return quoted(String(line), names: ["URI"], and: "&")
        }.joined(separator: "\n")
    }

    private func xml(_ text: String, attributes: [String]) -> String {
        let signed = quoted(text, names: attributes, and: "&amp;")
        // The addresses of files that are one segment.
        return signed.replacing(/<BaseURL>([^<]*)<\/BaseURL>/) { match in
            let url = String(match.1)
            return url.hasSuffix("/") ? String(match.0) : "<BaseURL>\(link(url, and: "&amp;"))</BaseURL>"
        }
    }

    /// Signs the values of `NAME="…"`.
    private func quoted(_ text: String, names: [String], and separator: String) -> String {
        var signed = ""
        var rest = text[...]
        while let mark = rest.range(of: "=\"") {
            let name = rest[..<mark.lowerBound].utf8.reversed().prefix { Self.isNameByte($0) }
            let isLink = names.contains { $0.utf8.reversed().elementsEqual(name) }
            signed += rest[..<mark.upperBound]
            rest = rest[mark.upperBound...]
            guard let end = rest.firstIndex(of: "\"") else { break }
            let value = String(rest[..<end])
            signed += (isLink ? link(value, and: separator) : value) + "\""
            rest = rest[rest.index(after: end)...]
        }
        return signed + rest
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
    }

    private func link(_ url: String, and separator: String) -> String {
        guard !url.isEmpty, url.utf8.first != UInt8(ascii: "/"), !Self.hasScheme(url) else { return url }
        return url + (url.utf8.contains(UInt8(ascii: "?")) ? separator : "?") + parameter
    }

    /// RFC 3986, 3.1.
    private static func hasScheme(_ url: String) -> Bool {
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        return url.utf8[..<colon].allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || [0x2B, 0x2D, 0x2E].contains($0)
        }
    }
}

extension OriginObject {
    /// The document with a signature in its links, which is then one viewer's; what has no links stays as it is.
    ///
    /// - Parameter signature: from a query; nil leaves the document as it is.
    public func linked(by signature: String?) throws -> OriginObject {
        guard let signature, case .bytes(let bytes) = body,
            let text = SignedLinks(signature: signature)
                .signed(String(decoding: bytes, as: UTF8.self), contentType: contentType)
        else { return self }
        let signed = Array(text.utf8)
        var object = self
        object.size = UInt64(signed.count)
        object.entityTag = try EntityTag.of(signed)
        object.lifetime = .session
        object.body = .bytes(signed)
        return object
    }
}
