/// A positive fraction in lowest terms: a frame rate.
struct Rational: Hashable {
    var numerator: Int
    var denominator: Int

    init(_ numerator: Int, _ denominator: Int) {
        var (left, right) = (abs(numerator), abs(denominator))
        while right != 0 { (left, right) = (right, left % right) }
        let divisor = max(left, 1)
        self.numerator = numerator / divisor
        self.denominator = denominator / divisor
    }

    var value: Double { Double(numerator) / Double(denominator) }
}

extension Rational {
    private static let usual = [
        Rational(24_000, 1001), Rational(24, 1), Rational(25, 1), Rational(30_000, 1001), Rational(30, 1),
        Rational(48, 1), Rational(50, 1), Rational(60_000, 1001), Rational(60, 1), Rational(15, 1), Rational(12, 1),
    ]

    /// Whether the average is not the rate of every frame.
    static func isVariable(average: Rational?, finest: Rational?) -> Bool {
        guard let average, let finest, average.denominator > 0, finest.denominator > 0 else { return false }
        // Interlaced streams may count fields.
        return [1.0, 2.0].allSatisfy { abs(finest.value / average.value / $0 - 1) > 0.01 }
    }

    /// The constant frame rate to encode at: the usual one that the average is within 0.1 % of; of a source whose rate
    /// changes, the one in whose steps its times stand if that is usual, else the usual one above its average; at most 60, with a numerator that leaves room in a 32-bit timescale.
    static func frameRate(average: Rational?, finest: Rational? = nil) -> Rational {
        guard let average, average.numerator > 0, average.denominator > 0, average.value >= 0.5 else {
            return Rational(25, 1)
        }
        if let near = usual.first(where: { abs($0.value - average.value) / $0.value < 0.001 }) { return near }
        if average.value > 60 { return Rational(60, 1) }
        if isVariable(average: average, finest: finest) {
            if let finest, let near = usual.first(where: { abs($0.value - finest.value) / $0.value < 0.001 }) {
                return near
            }
            let above = usual.filter { $0.value >= average.value * 0.99 }.min { $0.value < $1.value }
            return above ?? Rational(60, 1)
        }
        if average.numerator <= 100_000, average.denominator <= 100_000 { return average }
        // Rounded down to a thousandth: never above the source's rate.
        return Rational(max(Int(average.value * 1000), 500), 1000)
    }

    /// The rate or the highest whole part of it that is not above a limit: motion stays even.
    func capped(at limit: Double?) -> Rational {
        guard let limit, value > limit * 1.001 else { return self }
        let part = Int((value / limit * 0.999).rounded(.up))
        return Rational(numerator, denominator * max(part, 1))
    }
}
