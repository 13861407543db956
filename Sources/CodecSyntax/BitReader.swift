/// Reads syntax elements bit by bit, most significant first, with every access checked against the end.
///
/// For NAL units it leaves out emulation prevention bytes as it goes (ISO/IEC 14496-10, 7.3.1), so that nothing is
/// copied and the position in the escaped bytes stays known: a slice header ends there.
///
/// The memory belongs to the caller and must outlive the reader; hence the type is internal and lives in one scope.
struct BitReader {
    let structure: CodecSyntaxError.Structure
    private let bytes: UnsafeRawBufferPointer
    private let removesEmulationPrevention: Bool
    /// Index of the next byte that has not been fetched.
    private(set) var bytePosition = 0
    private var current: UInt8 = 0
    private var bitsLeft = 0
    private var zeros = 0
    /// Bits read, emulation prevention bytes not counted.
    private(set) var bitPosition = 0

    init(
        _ bytes: UnsafeRawBufferPointer, _ structure: CodecSyntaxError.Structure,
        removesEmulationPrevention: Bool = true
    ) {
        self.bytes = bytes
        self.structure = structure
        self.removesEmulationPrevention = removesEmulationPrevention
    }

    func error(_ code: CodecSyntaxError.Code, _ reason: String) -> CodecSyntaxError {
        CodecSyntaxError(code, structure, at: bitPosition, reason)
    }

    /// u(n), 0 to 32 bits.
    mutating func bits(_ count: Int) throws(CodecSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        var wanted = count
        while wanted > 0 {
            if bitsLeft == 0 { try fetch() }
            let taken = min(wanted, bitsLeft)
            let part = (current << (8 - UInt8(bitsLeft))) >> (8 - UInt8(taken))
            value = value << UInt32(taken) | UInt32(part)
            bitsLeft -= taken
            wanted -= taken
            bitPosition += taken
        }
        return value
    }

    /// u(n) as an `Int`, 0 to 32 bits.
    mutating func integer(_ count: Int) throws(CodecSyntaxError) -> Int {
        Int(try bits(count))
    }

    /// u(1).
    mutating func flag() throws(CodecSyntaxError) -> Bool {
        try bits(1) == 1
    }

    /// u(n) of more than 32 bits whose value is not needed.
    mutating func skip(_ count: Int) throws(CodecSyntaxError) {
        var rest = count
        while rest > 0 {
            _ = try bits(min(rest, 32))
            rest -= min(rest, 32)
        }
    }

    /// Moves to the next byte boundary.
    mutating func alignToByte() {
        bitPosition += bitsLeft
        bitsLeft = 0
    }

    private mutating func fetch() throws(CodecSyntaxError) {
        guard bytePosition < bytes.count else { throw error(.truncated, "the data ends early") }
        var byte = bytes[bytePosition]
        if removesEmulationPrevention, zeros >= 2, byte == 3 {
            bytePosition += 1
            zeros = 0
            guard bytePosition < bytes.count else { throw error(.truncated, "the data ends early") }
            byte = bytes[bytePosition]
        }
        zeros = byte == 0 ? zeros + 1 : 0
        current = byte
        bitsLeft = 8
        bytePosition += 1
    }
}

extension BitReader {
    /// ue(v): an unsigned Exp-Golomb code (ISO/IEC 14496-10, 9.1) that must not exceed `limit`.
    mutating func unsignedExpGolomb(_ name: StaticString, upTo limit: Int) throws(CodecSyntaxError) -> Int {
        var leadingZeros = 0
        while try !flag() {
            leadingZeros += 1
            // 32 zeros would give at least 2^32 - 1, above every limit of the standard.
            guard leadingZeros < 32 else { throw error(.outOfRange, "\(name) is not an Exp-Golomb code") }
        }
        let value = (1 << leadingZeros) - 1 + (try integer(leadingZeros))
        guard value <= limit else { throw error(.outOfRange, "\(name) is \(value), above \(limit)") }
        return value
    }

    /// ue(v) with the full range of the code: 0 to 2^32 - 2.
    mutating func unsignedExpGolomb(_ name: StaticString) throws(CodecSyntaxError) -> Int {
        try unsignedExpGolomb(name, upTo: Int(UInt32.max) - 1)
    }

    /// se(v): a signed Exp-Golomb code (9.1.1).
    mutating func signedExpGolomb(_ name: StaticString) throws(CodecSyntaxError) -> Int {
        let code = try unsignedExpGolomb(name)
        return code % 2 == 0 ? -(code / 2) : (code + 1) / 2
    }

    /// more_rbsp_data() (7.2): whether anything precedes the stop bit.
    func hasMoreData() -> Bool {
        var probe = self
        guard let first = try? probe.flag() else { return false }
        guard first else { return true }
        while let bit = try? probe.flag() {
            if bit { return true }
        }
        return false
    }

    /// rbsp_trailing_bits() (7.3.2.11): the stop bit, then nothing but zeros.
    mutating func trailingBits() throws(CodecSyntaxError) {
        guard try flag() else { throw error(.inconsistent, "rbsp_stop_one_bit is 0") }
        var probe = self
        while let bit = try? probe.flag() {
            guard !bit else { throw error(.inconsistent, "data follows the stop bit") }
        }
    }
}

extension [UInt8] {
    /// The bytes for the time of the call, with the error's type kept.
    func withRawBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(CodecSyntaxError) -> Result
    ) throws(CodecSyntaxError) -> Result {
        try withUnsafeBufferPointer { (buffer) throws(CodecSyntaxError) in
            try body(UnsafeRawBufferPointer(buffer))
        }
    }
}
