/// How many blocks of 16 bytes are encrypted, and how many are then left clear, over and over (ISO/IEC 23001-7, 9.6).
public struct EncryptionPattern: Sendable, Hashable {
    /// 0 to 15.
    public let cryptBlocks: UInt8
    /// 0 to 15.
    public let skipBlocks: UInt8

    private init(cryptBlocks: UInt8, skipBlocks: UInt8) {
        self.cryptBlocks = cryptBlocks
        self.skipBlocks = skipBlocks
    }

    /// No pattern: every block.
    public static let none = EncryptionPattern(cryptBlocks: 0, skipBlocks: 0)
    /// One block of ten, as `cbcs` video has it (10.4.2).
    public static let oneOfTen = EncryptionPattern(cryptBlocks: 1, skipBlocks: 9)

    /// The pattern in one byte, as `tenc` and `seig` carry it.
    var byte: UInt8 { cryptBlocks << 4 | skipBlocks }

    init(byte: UInt8) {
        self.init(cryptBlocks: byte >> 4, skipBlocks: byte & 0x0F)
    }
}
