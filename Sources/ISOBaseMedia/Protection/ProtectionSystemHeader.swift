public import MediaModel

/// `pssh`: what one protection system needs to ask for keys (ISO/IEC 23001-7, 8.1). With KIDs it is version 1.
public struct ProtectionSystemHeader: ReadableBox, Hashable {
    public let type: FourCC = "pssh"
    public var systemID: UUIDBytes
    public var keyIDs: [UUIDBytes]
    /// The system's own data; empty for the common system of W3C.
    public var data: [UInt8]

    public init(systemID: UUIDBytes, keyIDs: [UUIDBytes] = [], data: [UInt8] = []) {
        self.systemID = systemID
        self.keyIDs = keyIDs
        self.data = data
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let version = try input.version(upTo: 1).version
        systemID = try UUIDBytes(reading: &input)
        keyIDs = []
        if version == 1 {
            for _ in 0..<(try input.entryCount(of: 16)) { keyIDs.append(try UUIDBytes(reading: &input)) }
        }
        data = try input.bytes(try input.entryCount(of: 1))
    }

    public var fieldsSize: Int { 24 + (keyIDs.isEmpty ? 0 : 4 + 16 * keyIDs.count) + data.count }

    public var fields: [BoxField] {
        [BoxField("systemID", systemID)] + keyIDs.map { BoxField("keyID", $0) } + [BoxField("data", bytes: data)]
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(keyIDs.isEmpty ? 0 : 1)
        systemID.write(to: &output)
        if !keyIDs.isEmpty {
            output.uint32(UInt32(clamping: keyIDs.count))
            for keyID in keyIDs { keyID.write(to: &output) }
        }
        output.uint32(UInt32(clamping: data.count))
        output.append(contentsOf: data)
    }
}
