/// The fields that `tenc` and `seig` share: how samples are protected (ISO/IEC 23001-7, 8.2 and 6).
public struct SampleProtection: Sendable, Hashable {
    public var isProtected: Bool
    public var keyID: UUIDBytes
    public var pattern: EncryptionPattern
    public var initializationVector: InitializationVector

    public enum InitializationVector: Sendable, Hashable {
        /// Each sample has its own, of so many bytes (8 or 16), in `senc`. Zero only for clear samples.
        case perSample(size: UInt8)
        /// All have this one, of 8 or 16 bytes.
        case constant([UInt8])
    }

    public init(
        isProtected: Bool = true, keyID: UUIDBytes, pattern: EncryptionPattern,
        initializationVector: InitializationVector
    ) {
        self.isProtected = isProtected
        self.keyID = keyID
        self.pattern = pattern
        self.initializationVector = initializationVector
    }

    /// Bytes of each sample's IV in `senc`.
    public var perSampleIVSize: UInt8 {
        if case .perSample(let size) = initializationVector { size } else { 0 }
    }

    init(reading input: inout ByteInput) throws(BoxError) {
        try input.skip(1)
        pattern = EncryptionPattern(byte: try input.uint8())
        let at = input.position
        isProtected = try input.uint8() != 0
        let size = try input.uint8()
        keyID = try UUIDBytes(reading: &input)
        guard [0, 8, 16].contains(size) else { throw BoxError(.invalid("IVs of \(size) bytes"), at: at) }
        guard isProtected, size == 0 else {
            initializationVector = .perSample(size: size)
            return
        }
        let constantSize = try input.uint8()
        guard constantSize == 8 || constantSize == 16 else {
            throw BoxError(.invalid("a constant IV of \(constantSize) bytes"), at: at)
        }
        initializationVector = .constant(try input.bytes(Int(constantSize)))
    }

    var size: Int {
        if case .constant(let bytes) = initializationVector, isProtected { 21 + bytes.count } else { 20 }
    }

    func write(to output: inout ByteOutput) {
        output.uint8(0)
        output.uint8(pattern.byte)
        output.uint8(isProtected ? 1 : 0)
        output.uint8(perSampleIVSize)
        keyID.write(to: &output)
        if case .constant(let bytes) = initializationVector, isProtected {
            output.uint8(UInt8(clamping: bytes.count))
            output.append(contentsOf: bytes)
        }
    }

    var fields: [BoxField] {
        let pattern = "\(pattern.cryptBlocks):\(pattern.skipBlocks)"
        let common = [BoxField("isProtected", isProtected), BoxField("keyID", keyID), BoxField("pattern", pattern)]
        switch initializationVector {
        case .perSample(let size): return common + [BoxField("perSampleIVSize", size)]
        case .constant(let bytes): return common + [BoxField("constantIV", bytes: bytes)]
        }
    }
}
