public import MediaModel

/// `colr`: what the colours mean (ISO/IEC 14496-12, 12.1.5): code points of ISO/IEC 23091-2 (`nclx`), or an ICC profile
/// kept as bytes.
public struct ColourInformationBox: ReadableBox, Hashable {
    public let type: FourCC = "colr"
    public var content: Content

    public enum Content: Sendable, Hashable {
        case codePoints(primaries: UInt16, transfer: UInt16, matrix: UInt16, isFullRange: Bool)
        case other(FourCC, [UInt8])
    }

    public init(_ content: Content) {
        self.content = content
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let kind = try input.fourCC()
        guard kind == "nclx" else {
            content = .other(kind, input.rest())
            return
        }
        content = .codePoints(
            primaries: try input.uint16(), transfer: try input.uint16(), matrix: try input.uint16(),
            isFullRange: try input.uint8() & 0x80 != 0)
    }

    public var fieldsSize: Int {
        switch content {
        case .codePoints: 11
        case .other(_, let bytes): 4 + bytes.count
        }
    }

    public var fields: [BoxField] {
        switch content {
        case .codePoints(let primaries, let transfer, let matrix, let isFullRange):
            [BoxField("nclx", "\(primaries)/\(transfer)/\(matrix)"), BoxField("isFullRange", isFullRange)]
        case .other(let kind, let bytes):
            [BoxField("\(kind)", bytes: bytes)]
        }
    }

    public func writeFields(to output: inout ByteOutput) {
        switch content {
        case .codePoints(let primaries, let transfer, let matrix, let isFullRange):
            output.fourCC("nclx")
            for value in [primaries, transfer, matrix] { output.uint16(value) }
            output.uint8(isFullRange ? 0x80 : 0)
        case .other(let kind, let bytes):
            output.fourCC(kind)
            output.append(contentsOf: bytes)
        }
    }
}
