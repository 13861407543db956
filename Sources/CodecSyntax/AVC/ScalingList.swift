extension BitReader {
    /// The lists of a scaling matrix (ISO/IEC 14496-10, 7.3.2.1.1.1): six of 16 coefficients, the rest of 64, each
    /// behind a flag that says whether it is there. Only their length matters here.
    mutating func skipScalingLists(count: Int) throws(CodecSyntaxError) {
        for index in 0..<count where try flag() {
            try skipScalingList(size: index < 6 ? 16 : 64)
        }
    }

    private mutating func skipScalingList(size: Int) throws(CodecSyntaxError) {
        var last = 8
        for _ in 0..<size {
            let delta = try signedExpGolomb("delta_scale")
            guard (-128...127).contains(delta) else { throw error(.outOfRange, "delta_scale is \(delta)") }
            let next = (last + delta + 256) % 256
            if next == 0 { return }
            last = next
        }
    }
}
