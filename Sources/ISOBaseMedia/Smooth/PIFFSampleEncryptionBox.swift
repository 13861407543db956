public import MediaModel

/// The SampleEncryptionBox of the Protected Interoperable File Format 1.1 (5.3.2), which became `senc`: the same content in
/// a box of type `uuid`. The key's id and the IV's size are told by the manifest.
public struct PIFFSampleEncryptionBox: Box, Hashable {
    /// What tells it from other `uuid` boxes.
    public static let userType = UUIDBytes(high: 0xA239_4F52_5A9B_4F14, low: 0xA244_6C42_7C64_8DF4)

    public let type: FourCC = "uuid"
    public var content: SampleEncryptionBox

    public init(_ content: SampleEncryptionBox) {
        self.content = content
    }

    public var fieldsSize: Int { 16 + content.fieldsSize }
    public var fields: [BoxField] { [BoxField("userType", Self.userType)] + content.fields }

    public func writeFields(to output: inout ByteOutput) {
        Self.userType.write(to: &output)
        content.writeFields(to: &output)
    }
}
