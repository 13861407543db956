public import MediaModel

/// `tenc`: how a track's samples are protected unless a sample group says otherwise (ISO/IEC 23001-7, 8.2).
public struct TrackEncryptionBox: ReadableBox {
    public let type: FourCC = "tenc"
    public var protection: SampleProtection

    public init(_ protection: SampleProtection) {
        self.protection = protection
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let version = try input.version(upTo: 1).version
        protection = try SampleProtection(reading: &input)
        // The byte that version 1 uses for the pattern is reserved in version 0.
        if version == 0 { protection.pattern = .none }
    }

    public var fieldsSize: Int { 4 + protection.size }
    public var fields: [BoxField] { protection.fields }

    public func writeFields(to output: inout ByteOutput) {
        output.version(protection.pattern == .none ? 0 : 1)
        protection.write(to: &output)
    }
}
