/// The byte stream format (ISO/IEC 14496-10, Annex B): NAL units behind start codes `00 00 01`.
public enum AnnexB {
    /// The start code with its leading zero byte, as it stands before a NAL unit.
    public static let startCode: [UInt8] = [0, 0, 0, 1]

    /// Finds the NAL units of a byte stream; zero bytes around them are left out.
    ///
    /// - Throws: when bytes precede the first start code or a NAL unit has its forbidden bit set.
    public static func nalUnits(in stream: [UInt8]) throws(CodecSyntaxError) -> [NALUnit] {
        var units: [NALUnit] = []
        var start: Int?
        var zeros = 0
        for (index, byte) in stream.enumerated() {
            if byte == 1, zeros >= 2 {
                if let start { try append(stream, start..<(index - zeros), to: &units) }
                start = index + 1
            } else if byte != 0, start == nil {
                throw CodecSyntaxError(.inconsistent, .byteStream, at: index * 8, "bytes before the first start code")
            }
            zeros = byte == 0 ? zeros + 1 : 0
        }
        if let start { try append(stream, start..<(stream.count - zeros), to: &units) }
        return units
    }

    /// The NAL units of a byte stream, each behind its length in 4 bytes, as a sample of ISO BMFF has them.
    ///
    /// - Parameter omitted: types that are left out; for `avc1` samples the delimiters, the parameter sets (which stand
    ///   in the sample entry) and fillers (ISO/IEC 14496-15, 5.3.2 and 5.3.3.1).
    /// - Throws: as `nalUnits(in:)`.
    public static func lengthPrefixed(
        _ stream: [UInt8], omitting omitted: Set<NALUnitType> = omittedFromSamples
    ) throws(CodecSyntaxError) -> [UInt8] {
        var sample: [UInt8] = []
        sample.reserveCapacity(stream.count + 16)
        for unit in try nalUnits(in: stream) where !omitted.contains(unit.type) {
            let length = UInt32(truncatingIfNeeded: unit.length)
            for shift: UInt32 in [24, 16, 8, 0] { sample.append(UInt8(truncatingIfNeeded: length >> shift)) }
            sample.append(contentsOf: stream[unit.range])
        }
        return sample
    }

    /// What samples of `avc1` tracks do not carry.
    public static let omittedFromSamples: Set<NALUnitType> = [
        .accessUnitDelimiter, .sequenceParameterSet, .pictureParameterSet, .filler, .endOfSequence, .endOfStream,
    ]

    private static func append(
        _ stream: [UInt8], _ range: Range<Int>, to units: inout [NALUnit]
    ) throws(CodecSyntaxError) {
        guard let first = range.first else { return }
        guard stream[first] & 0x80 == 0 else {
            throw CodecSyntaxError(.inconsistent, .byteStream, at: first * 8, "forbidden_zero_bit is 1")
        }
        units.append(NALUnit(offset: first, length: range.count, header: stream[first]))
    }
}
