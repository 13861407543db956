/// Where channels of AC-3 and E-AC-3 sound, as the bit field of ETSI TS 102 366, table E.1.4: bit 15 is the left one.
public struct DolbyChannels: Hashable, Sendable {
    /// The field, as manifests carry it in four hexadecimal digits.
    public var field: UInt16

    /// Of an independent substream: acmod and lfeon (table 4.3).
    init(codingMode: Int, hasLowFrequency: Bool) {
        let modes: [UInt16] = [0xA000, 0x4000, 0xA000, 0xE000, 0xA100, 0xE100, 0xB800, 0xF800]
        field = modes[codingMode & 7] | (hasLowFrequency ? 1 : 0)
    }

    /// Adds what dependent substreams bring: chan_loc (F.6.2.13), bit 0 the least significant.
    mutating func add(location: Int) {
        // Lc/Rc, Lrs/Rrs, Cs, Ts, Lsd/Rsd, Lw/Rw, Lvh/Rvh, Cvh, LFE2.
        let bits: [UInt16] = [0x400, 0x200, 0x100, 0x80, 0x40, 0x20, 0x10, 0x8, 0x2]
        for (index, bit) in bits.enumerated() where location >> index & 1 == 1 { field |= bit }
    }

    /// Low frequency ones included; pairs count for two.
    public var count: Int {
        field.nonzeroBitCount + (field & 0x0674).nonzeroBitCount
    }

    /// ChannelConfiguration of ISO/IEC 23091-3 (ETSI TS 102 366, table I.1.1); nil where it has none.
    public var loudspeakerLayout: Int? {
        switch field {
        case 0x4000: 1
        case 0xA000: 2
        case 0xE000: 3
        case 0xE100: 4
        case 0xF800: 5
        case 0xF801: 6
        case 0xF821: 7
        case 0xA100: 9
        case 0xB800: 10
        case 0xE301: 11
        case 0xFA01: 12
        case 0xF811: 14
        case 0xF815: 16
        case 0xF89D: 17
        case 0xE255: 19
        default: nil
        }
    }
}

/// fscod (ETSI TS 102 366, 4.4.1.3) in hertz; nil where reserved.
func dolbySampleRate(_ code: Int) -> Int? {
    let rates = [48_000, 44_100, 32_000]
    return rates.indices.contains(code) ? rates[code] : nil
}
