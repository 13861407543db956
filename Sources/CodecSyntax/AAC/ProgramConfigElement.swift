extension BitReader {
    /// program_config_element() (ISO/IEC 14496-3, 4.4.1.1), read for its number of channels.
    mutating func readProgramConfigElement() throws(CodecSyntaxError) -> Int {
        _ = try bits(10)  // element_instance_tag, object_type, sampling_frequency_index
        var mainCounts: [Int] = []
        for _ in 0..<3 { mainCounts.append(try integer(4)) }  // front, side, back
        let lowFrequency = try integer(2)
        let associatedData = try integer(3)
        let coupling = try integer(4)
        for mixdownLength in [4, 4, 3] where try flag() { _ = try bits(mixdownLength) }
        var channels = lowFrequency
        for _ in 0..<mainCounts.reduce(0, +) {
            channels += try flag() ? 2 : 1  // is_cpe: a pair
            _ = try bits(4)
        }
        for _ in 0..<(lowFrequency + associatedData) { _ = try bits(4) }
        for _ in 0..<coupling { _ = try bits(5) }
        alignToByte()
        let commentLength = try integer(8)
        try skip(commentLength * 8)
        return channels
    }
}
