import Markup

/// The text of manifests as their encoders write it: UTF-8, or UTF-16 with a byte order mark; Expression Encoder names
/// UTF-16 in the declaration of either.
enum ManifestText {
    /// - Throws: `MarkupError` with line and column. Never says what the document holds.
    static func markup(
        _ bytes: [UInt8], _ limits: MarkupLimits = MarkupLimits()
    ) throws(MarkupError) -> MarkupDocument {
        guard bytes.count <= limits.bytes, let text = bytes.withUnsafeBytes({ ExportDocument.text(of: $0) }) else {
            let reason = bytes.count > limits.bytes ? "it is longer than \(limits.bytes) bytes" : "it is not UTF-16"
            throw MarkupError(MarkupPosition(line: 1, column: 1), reason)
        }
        return try ExportDocument.markup(withoutDeclaration(text), limits)
    }

    /// A declaration of UTF-16 is not true any more, or never was. Spaces stand in its place, so that places stay.
    private static func withoutDeclaration(_ text: [UInt8]) -> [UInt8] {
        let head = text.prefix(200)
        guard head.starts(with: Array("<?xml".utf8)),
            let end = head.indices.first(where: { $0 > 0 && head[$0] == 0x3E && head[$0 - 1] == 0x3F }),
            String(decoding: head[..<end], as: UTF8.self).lowercased().contains("utf-16")
        else { return text }
        let blank = text[...end].map { [0x0A, 0x0D].contains($0) ? $0 : 0x20 }
        return blank + text[(end + 1)...]
    }
}
