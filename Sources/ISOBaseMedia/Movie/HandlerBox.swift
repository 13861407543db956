public import MediaModel

/// `hdlr`: what kind of media a track has, `vide` or `soun` (ISO/IEC 14496-12, 8.4.3).
public struct HandlerBox: ReadableBox {
    public let type: FourCC = "hdlr"
    public var handler: FourCC
    public var name: String

    public init(handler: FourCC, name: String) {
        self.handler = handler
        self.name = name
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        _ = try input.version(upTo: 0)
        try input.skip(4)
        handler = try input.fourCC()
        try input.skip(12)
        name = input.string()
        // QuickTime writers pad the name; nothing else can follow it.
        _ = input.rest()
    }

    public var fieldsSize: Int { 24 + name.utf8.count + 1 }
    public var fields: [BoxField] { [BoxField("handler", handler), BoxField("name", name)] }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0)
        output.zeros(4)
        output.fourCC(handler)
        output.zeros(12)
        output.string(name)
    }
}
