/// A packet identifier (PID), 13 bits (ISO/IEC 13818-1, 2.4.3.2).
struct PacketIdentifier: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt16

    /// The program association table.
    static let programAssociation = PacketIdentifier(rawValue: 0)
    /// The program map table of the one program.
    static let programMap = PacketIdentifier(rawValue: 0x1000)
    static let video = PacketIdentifier(rawValue: 0x100)
    static let audio = PacketIdentifier(rawValue: 0x101)
}
