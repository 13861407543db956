/// obu_type (AV1, 6.2.2): an open set of 4-bit codes.
struct OpenBitstreamUnitType: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt8

    static let sequenceHeader = OpenBitstreamUnitType(rawValue: 1)
    static let temporalDelimiter = OpenBitstreamUnitType(rawValue: 2)
    static let frameHeader = OpenBitstreamUnitType(rawValue: 3)
    static let tileGroup = OpenBitstreamUnitType(rawValue: 4)
    /// A frame header and a tile group in one.
    static let frame = OpenBitstreamUnitType(rawValue: 6)
    static let redundantFrameHeader = OpenBitstreamUnitType(rawValue: 7)
    static let tileList = OpenBitstreamUnitType(rawValue: 8)
}

/// One open bitstream unit (AV1, 5.3) and where its payload lies in the bytes that it was found in.
struct OpenBitstreamUnit: Hashable, Sendable {
    let type: OpenBitstreamUnitType
    let payload: Range<Int>
    /// temporal_id and spatial_id; nil without an extension.
    let layer: (temporal: Int, spatial: Int)?

    static func == (left: Self, right: Self) -> Bool { left.type == right.type && left.payload == right.payload }

    func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        hasher.combine(payload)
    }
}

/// Walks the units of a sample. Each has its size in front, but the last may do without (AV1 binding, 2.4).
struct OpenBitstreamUnits {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next unit, or nil exactly at the end.
    mutating func next() throws(CodecSyntaxError) -> OpenBitstreamUnit? {
        guard position < bytes.count else { return nil }
        let header = try byte()
        guard header & 0x80 == 0 else { throw error(.inconsistent, "obu_forbidden_bit is 1") }
        var layer: (Int, Int)?
        if header & 4 != 0 {
            let extended = try byte()
            layer = (Int(extended >> 5), Int(extended >> 3 & 3))
        }
        let size = header & 2 != 0 ? try leb128() : bytes.count - position
        guard size <= bytes.count - position else {
            throw error(.inconsistent, "a unit of \(size) bytes where \(bytes.count - position) are left")
        }
        let start = position
        position += size
        return OpenBitstreamUnit(
            type: OpenBitstreamUnitType(rawValue: header >> 3 & 0xF), payload: start..<position, layer: layer)
    }

    private mutating func byte() throws(CodecSyntaxError) -> UInt8 {
        guard position < bytes.count else { throw error(.truncated, "the data ends inside a unit's header") }
        defer { position += 1 }
        return bytes[position]
    }

    /// leb128() (4.10.5).
    private mutating func leb128() throws(CodecSyntaxError) -> Int {
        var value = 0
        for group in 0..<8 {
            let byte = try byte()
            value |= Int(byte & 0x7F) << (7 * group)
            if byte & 0x80 == 0 {
                guard value <= Int(UInt32.max) else { break }
                return value
            }
        }
        throw error(.outOfRange, "obu_size is above 2^32 - 1")
    }

    private func error(_ code: CodecSyntaxError.Code, _ reason: String) -> CodecSyntaxError {
        CodecSyntaxError(code, .openBitstreamUnit, at: position * 8, reason)
    }
}
