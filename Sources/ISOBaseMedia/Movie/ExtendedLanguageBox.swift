public import MediaModel

/// `elng`: a track's language as a tag of RFC 5646 (ISO/IEC 14496-12, 8.4.6), for what `mdhd` cannot say.
public struct ExtendedLanguageBox: ReadableBox {
    public let type: FourCC = "elng"
    public var tag: String

    public init(tag: String) {
        self.tag = tag
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        tag = input.string()
    }

    public var fieldsSize: Int { 4 + tag.utf8.count + 1 }
    public var fields: [BoxField] { [BoxField("tag", tag)] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.string(tag)
    }
}
