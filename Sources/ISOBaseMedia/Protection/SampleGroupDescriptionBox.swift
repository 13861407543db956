public import MediaModel

/// `sgpd`: properties that groups of samples share (ISO/IEC 14496-12, 8.9.3), as `seig` for key rotation.
public struct SampleGroupDescriptionBox: ReadableBox {
    public let type: FourCC = "sgpd"
    public var grouping: FourCC
    /// Each entry's bytes; those of `seig` are made by `EncryptionGroupEntry`.
    public var entries: [[UInt8]]

    public init(grouping: FourCC, entries: [[UInt8]]) {
        self.grouping = grouping
        self.entries = entries
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let at = input.position
        let version = try input.version(upTo: 1).version
        // Version 0 does not say how long an entry is and is deprecated.
        guard version > 0 else { throw BoxError(.unknownVersion(version), at: at) }
        grouping = try input.fourCC()
        let length = Int(try input.uint32())
        entries = []
        for _ in 0..<(try input.entryCount(of: length == 0 ? 4 : length)) {
            let count = length != 0 ? length : Int(try input.uint32())
            entries.append(try input.bytes(count))
        }
    }

    /// The length of every entry, or nil when they differ and each carries its own.
    private var commonLength: Int? {
        guard let first = entries.first?.count, first > 0, entries.allSatisfy({ $0.count == first }) else { return nil }
        return first
    }

    public var fieldsSize: Int {
        let lengths = commonLength == nil ? 4 * entries.count : 0
        return entries.reduce(16 + lengths) { $0 + $1.count }
    }

    public var fields: [BoxField] {
        [BoxField("grouping", grouping)] + entries.map { BoxField("entry", bytes: $0) }
    }

    public func writeFields(to output: inout ByteOutput) {
        let commonLength = commonLength
        output.version(1)
        output.fourCC(grouping)
        output.uint32(UInt32(clamping: commonLength ?? 0))
        output.uint32(UInt32(clamping: entries.count))
        for entry in entries {
            if commonLength == nil { output.uint32(UInt32(clamping: entry.count)) }
            output.append(contentsOf: entry)
        }
    }
}
