public import MediaModel

/// A box whose content is not interpreted; written back as it was read.
public struct OpaqueBox: ReadableBox {
    public var type: FourCC
    public var payload: [UInt8]

    public init(_ type: FourCC, payload: [UInt8]) {
        self.type = type
        self.payload = payload
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        self.init(type, payload: input.rest())
    }

    public var fieldsSize: Int { payload.count }
    public var fields: [BoxField] { [BoxField("payload", bytes: payload)] }

    public func writeFields(to output: inout ByteOutput) {
        output.append(contentsOf: payload)
    }
}
