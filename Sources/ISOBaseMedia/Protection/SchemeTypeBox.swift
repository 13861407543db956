public import MediaModel

/// `schm`: the protection scheme (ISO/IEC 14496-12, 8.12.6); `cenc` and `cbcs` are of ISO/IEC 23001-7, 4.2.
public struct SchemeTypeBox: ReadableBox {
    public let type: FourCC = "schm"
    public var scheme: FourCC
    /// 0x00010000: version 1.0, the only one that ISO/IEC 23001-7 knows.
    public var version: UInt32
    /// Where to read about the scheme, if anywhere.
    public var location: String?

    public init(scheme: FourCC, version: UInt32 = 0x0001_0000, location: String? = nil) {
        self.scheme = scheme
        self.version = version
        self.location = location
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let flags = try input.version(upTo: 0).flags
        scheme = try input.fourCC()
        version = try input.uint32()
        location = flags & 1 == 1 ? input.string() : nil
    }

    public var fieldsSize: Int { 12 + (location.map { $0.utf8.count + 1 } ?? 0) }
    public var fields: [BoxField] { [BoxField("scheme", scheme), BoxField("version", version)] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0, flags: location == nil ? 0 : 1)
        output.fourCC(scheme)
        output.uint32(version)
        if let location { output.string(location) }
    }
}
