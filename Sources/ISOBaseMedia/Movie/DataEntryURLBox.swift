public import MediaModel

/// `url `: media in the same file (flag 1, no location) or elsewhere (ISO/IEC 14496-12, 8.7.2).
public struct DataEntryURLBox: ReadableBox {
    public let type: FourCC = "url "
    /// Nil: in this file.
    public var location: String?

    public init(location: String? = nil) {
        self.location = location
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let flags = try input.version(upTo: 0).flags
        location = flags & 1 == 1 ? nil : input.string()
    }

    public var fieldsSize: Int { 4 + (location.map { $0.utf8.count + 1 } ?? 0) }
    public var fields: [BoxField] { [BoxField("location", location ?? "this file")] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0, flags: location == nil ? 1 : 0)
        if let location { output.string(location) }
    }
}
