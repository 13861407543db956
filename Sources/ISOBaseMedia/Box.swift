public import MediaModel

/// A box (ISO/IEC 14496-12, 4.2): a type, fields, and boxes within it.
///
/// Its size is known before it is written, so that lengths and offsets can be planned.
public protocol Box: Sendable {
    var type: FourCC { get }
    /// Bytes of the fields: after the box header, before the children.
    var fieldsSize: Int { get }
    /// Writes the fields, exactly `fieldsSize` bytes.
    func writeFields(to output: inout ByteOutput)
    /// The fields by name, for dumps.
    var fields: [BoxField] { get }
    /// The boxes within, in file order.
    var children: [any Box] { get }
}

/// A field of a box as a dump shows it.
public struct BoxField: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: some CustomStringConvertible) {
        self.name = name
        self.value = value.description
    }

    /// Bytes as hexadecimal digits; of more than 64 the count and the first 32.
    public init(_ name: String, bytes: [UInt8]) {
        self.name = name
        value = bytes.count <= 64 ? bytes.hexadecimal : "\(bytes.count) bytes, \(bytes.prefix(32).hexadecimal)…"
    }
}

/// A box that can be read back.
public protocol ReadableBox: Box {
    /// Reads the fields; what is left of `input` are the children, or must be nothing.
    init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError)
}

/// A box whose children are read by the parser after its fields.
public protocol ParentBox: ReadableBox {
    var children: [any Box] { get set }
}

extension Box {
    public var children: [any Box] { [] }

    /// Bytes of the whole box with its header of 8 bytes.
    public var size: Int {
        children.reduce(8 + fieldsSize) { $0 + $1.size }
    }

    /// Writes the whole box. Boxes that Keyway writes are below 4 GiB; their writers check what could exceed it.
    public func write(to output: inout ByteOutput) {
        output.uint32(UInt32(clamping: size))
        output.fourCC(type)
        writeFields(to: &output)
        for child in children { child.write(to: &output) }
    }

    /// The whole box.
    public func serialized() -> [UInt8] {
        var output = ByteOutput(capacity: size)
        write(to: &output)
        return output.bytes
    }

    /// The first child of a type, by its Swift type.
    public func first<Child: Box>(_: Child.Type) -> Child? {
        children.lazy.compactMap { $0 as? Child }.first
    }

    /// The first box at a path of types below this one, as `moov.descendant("mvex", "trex")`.
    public func descendant(_ path: FourCC...) -> (any Box)? {
        path.reduce(self) { box, type in box?.children.first { $0.type == type } }
    }
}

extension Sequence<UInt8> {
    /// Two lower-case digits a byte.
    var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
