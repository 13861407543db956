/// gm_params (AV1, 5.9.24 and 5.9.25): how each reference moves as a whole. Kept because the next frame's are written as
/// differences whose length depends on them.
struct AV1GlobalMotion: Hashable, Sendable {
    /// Six for each of the seven references.
    private var parameters: [Int]

    /// WARPEDMODEL_PREC_BITS.
    private static let precision = 16

    /// No motion.
    init() {
        parameters = (0..<42).map { $0 % 6 % 3 == 2 ? 1 << Self.precision : 0 }
    }

    /// - Parameter previous: of the frame that primary_ref_frame names.
    init(
        _ reader: inout BitReader, previous: AV1GlobalMotion, isPrecise: Bool
    ) throws(CodecSyntaxError) {
        self.init()
        for reference in 0..<7 {
            guard try reader.flag() else { continue }  // is_global
            let isRotation = try reader.flag()
            let isTranslation = isRotation ? false : try reader.flag()
            let first = 6 * reference
            if !isTranslation {
                for index in isRotation ? 2..<4 : 2..<6 {
                    parameters[first + index] = try Self.read(
                        &reader, index, previous.parameters[first + index], bits: (12, 15))
                }
                if isRotation {
                    parameters[first + 4] = -parameters[first + 3]
                    parameters[first + 5] = parameters[first + 2]
                }
            }
            let coarse = isPrecise ? 0 : 1
            for index in 0..<2 {
                parameters[first + index] = try Self.read(
                    &reader, index, previous.parameters[first + index],
                    bits: isTranslation ? (9 - coarse, 3 - coarse) : (12, 6))
            }
        }
    }

    /// read_global_param().
    private static func read(
        _ reader: inout BitReader, _ index: Int, _ previous: Int, bits: (absolute: Int, precision: Int)
    ) throws(CodecSyntaxError) -> Int {
        let difference = precision - bits.precision
        let isScale = index % 3 == 2
        let limit = 1 << bits.absolute
        let reference = (previous >> difference) - (isScale ? 1 << bits.precision : 0)
        let value = try reader.signedSubexponential(from: -limit, below: limit + 1, reference: reference)
        return (value << difference) + (isScale ? 1 << precision : 0)
    }
}

extension BitReader {
    /// decode_signed_subexp_with_ref() (5.9.26 to 5.9.28).
    fileprivate mutating func signedSubexponential(
        from low: Int, below high: Int, reference: Int
    ) throws(CodecSyntaxError) -> Int {
        let count = high - low
        let value = try subexponential(count)
        let centre = reference - low
        // Bounded by the values of before; a guard all the same, since lengths below depend on it.
        guard (0..<count).contains(centre) else { throw error(.inconsistent, "gm_params are out of range") }
        let unsigned =
            (centre << 1) <= count
            ? Self.recentred(value, around: centre) : count - 1 - Self.recentred(value, around: count - 1 - centre)
        return unsigned + low
    }

    /// decode_subexp() (5.9.29).
    private mutating func subexponential(_ count: Int) throws(CodecSyntaxError) -> Int {
        var (round, start) = (0, 0)
        while true {
            let bits = round > 0 ? 3 + round - 1 : 3
            let size = 1 << bits
            if count <= start + 3 * size { return try nonSymmetric(count - start) + start }
            guard try flag() else { return try integer(bits) + start }
            round += 1
            start += size
        }
    }

    private static func recentred(_ value: Int, around centre: Int) -> Int {
        if value > 2 * centre { return value }
        return value & 1 == 1 ? centre - ((value + 1) >> 1) : centre + (value >> 1)
    }
}
