public import MediaModel

/// `avcC`: the decoder's configuration of AVC (ISO/IEC 14496-15, 5.3.3.1), as bytes that CodecSyntax understands.
public struct AVCConfigurationBox: ReadableBox {
    public let type: FourCC = "avcC"
    public var configuration: [UInt8]

    public init(configuration: [UInt8]) {
        self.configuration = configuration
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        configuration = input.rest()
    }

    public var fieldsSize: Int { configuration.count }
    public var fields: [BoxField] { [BoxField("configuration", bytes: configuration)] }

    public func writeFields(to output: inout ByteOutput) {
        output.append(contentsOf: configuration)
    }
}
