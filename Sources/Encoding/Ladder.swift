import Glibc

/// One rung: a video rendition to be made.
struct LadderRung: Hashable {
    /// In pixels, even.
    var width: Int
    var height: Int
    /// In bits per second.
    var bitrate: Int
}

/// The preset `adaptive`: Azure Media Services' automatic ladder (reference, 7.1), never above the source's size, frame
/// rate or bit rate.
enum Ladder {
    /// Lines of a 16:9 picture and kbit/s at 30 frames a second.
    private static let steps: [(lines: Double, kilobits: Double)] = [
        (180, 380), (270, 720), (360, 1150), (540, 2210), (720, 3520), (1080, 6780), (1440, 11_500), (2160, 20_000),
    ]
    private static let lowestBitrate = 100_000

    /// - Parameters:
    ///   - width: of the source with square pixels and upright.
    ///   - sourceBitrate: of the source's video in bits per second; nil when unknown.
    /// - Returns: rungs from the largest to the smallest; at least one.
    static func adaptive(width: Int, height: Int, frameRate: Double, sourceBitrate: Int?) -> [LadderRung] {
        // What the picture has as many pixels as: for 16:9 the number of its lines.
        let lines = (Double(width) * Double(height) * 9 / 16).squareRoot()
        let top = min(lines, 2160)
        let sizes = [top] + steps.map(\.lines).filter { $0 <= top * 0.8 }.reversed()
        let rateFactor = Self.power(frameRate / 29.97, 0.8)
        var rungs = sizes.map { size in
            let scale = size / lines
            return LadderRung(
                width: even(Double(width) * scale), height: even(Double(height) * scale),
                bitrate: Int(kilobits(size) * rateFactor / 10) * 10_000)
        }
        // A source with fewer bits than the top rung: the whole ladder keeps its shape below it.
        if let sourceBitrate, let top = rungs.first, sourceBitrate < top.bitrate {
            let factor = Double(sourceBitrate) / Double(top.bitrate)
            for index in rungs.indices {
                rungs[index].bitrate = Int(Double(rungs[index].bitrate) * factor / 10_000) * 10_000
            }
        }
        rungs = rungs.enumerated().filter { $0.offset == 0 || $0.element.bitrate >= lowestBitrate }.map(\.element)
        rungs[0].bitrate = max(rungs[0].bitrate, min(lowestBitrate, sourceBitrate ?? lowestBitrate), 16_000)
        return rungs
    }

    /// Between the steps by straight lines; below the lowest in proportion.
    private static func kilobits(_ lines: Double) -> Double {
        var lower = (lines: 0.0, kilobits: 0.0)
        for step in steps {
            if lines <= step.lines {
                let part = (lines - lower.lines) / (step.lines - lower.lines)
                return lower.kilobits + part * (step.kilobits - lower.kilobits)
            }
            lower = step
        }
        return lower.kilobits
    }

    static func even(_ value: Double) -> Int {
        max(2, Int((value / 2).rounded()) * 2)
    }

    private static func power(_ base: Double, _ exponent: Double) -> Double {
        Glibc.pow(max(base, 0.02), exponent)
    }
}
