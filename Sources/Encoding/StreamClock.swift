import CFFmpeg

/// From a stream's own times to those of the part: zero is where the part begins. Times come from the file: jumps that
/// cannot be meant are taken out, or they would become hours of one picture. Owned by one thread.
struct StreamClock {
    let timeBase: AVRational
    /// Of the part's beginning, in seconds of the container.
    let start: Double
    /// Of the part's beginning, in the time base.
    private var offset: Int64
    /// Where the part ends, in the time base; nil for the input's end.
    let end: Int64?
    /// How long the input says that it is, in seconds; 0 when it does not.
    let declared: Double
    /// No time can lie behind this, in the time base.
    private let latest: Int64?
    private var last: Int64?
    private(set) var jumps = 0

    /// In seconds; jumps ahead that are longer than this are none of the film. Decoders give frames in order: what lies
    /// far behind the last one is of another beginning.
    private static let longestJump = 10.0
    /// The longest that one picture stays, in seconds, whatever the input says of its length.
    private static let longestStill = 3600.0
    private static let longestStepBack = 0.5

    /// - Parameters:
    ///   - start: of the part, in seconds of the container.
    ///   - duration: of the part, in seconds.
    ///   - declared: how long the input says that it is, in seconds; 0 when it does not.
    init(timeBase: AVRational, start: Double, duration: Double?, declared: Double) {
        self.timeBase = timeBase
        self.start = start
        offset = Self.units(start, timeBase) ?? 0
        end = duration.flatMap { Self.units($0, timeBase) }
        self.declared = declared
        latest = declared > 0 ? Self.units(declared + Self.longestJump, timeBase) : nil
    }

    /// For time bases of whole units a second.
    init(unitsPerSecond: Int32, start: Double, duration: Double?, declared: Double) {
        self.init(
            timeBase: AVRational(num: 1, den: unitsPerSecond), start: start, duration: duration, declared: declared)
    }

    static func units(_ seconds: Double, _ base: AVRational) -> Int64? {
        Int64(exactly: (seconds / max(av_q2d(base), 1e-12)).rounded())
    }

    func seconds(_ time: Int64) -> Double { Double(time) * av_q2d(timeBase) }

    /// In seconds of the part, for packets that are not decoded.
    func presentation(_ stamp: Int64) -> Double { seconds(stamp.subtractingOrZero(offset)) }

    /// - Parameter duration: of the frame before, in the time base; for streams without times.
    mutating func time(of stamp: Int64, duration: Int64) -> Int64 {
        let next = (last ?? -max(duration, 1)).addingOrZero(max(duration, 1))
        guard stamp != keyway_no_timestamp else {
            last = next
            return next
        }
        var time = stamp.subtractingOrZero(offset)
        let jump = Self.units(Self.longestJump, timeBase) ?? Int64.max
        let still = Self.units(Self.longestStill, timeBase) ?? Int64.max
        let isLong = last.map { time > $0.addingOrZero(latest == nil ? jump : still) } ?? false
        let isBeyond = isLong || latest.map { time > $0 } ?? false
        let step = Self.units(Self.longestStepBack, timeBase) ?? Int64.max
        let isBack = last.map { time < $0.subtractingOrZero(step) } ?? false
        if last != nil, isBeyond || isBack {
            offset = offset.addingOrZero(time.subtractingOrZero(next))
            time = next
            jumps += 1
        }
        last = max(time, last ?? time)
        return time
    }
}

extension Int64 {
    /// The difference, or zero when it cannot be told: times come from the file.
    func subtractingOrZero(_ other: Int64) -> Int64 {
        let difference = subtractingReportingOverflow(other)
        return difference.overflow ? 0 : difference.partialValue
    }

    func addingOrZero(_ other: Int64) -> Int64 {
        let sum = addingReportingOverflow(other)
        return sum.overflow ? 0 : sum.partialValue
    }
}
