import Testing

@testable import Encoding

@Suite struct LadderTests {
    /// The reference's examples (7.1).
    @Test func sizesAreTheReferences() {
        func heights(_ width: Int, _ height: Int) -> [Int] {
            Ladder.adaptive(width: width, height: height, frameRate: 29.97, sourceBitrate: nil).map(\.height)
        }
        #expect(heights(1920, 1080) == [1080, 720, 540, 360, 270, 180])
        #expect(heights(1280, 720) == [720, 540, 360, 270, 180])
        #expect(heights(640, 360) == [360, 270, 180])
        let top = Ladder.adaptive(width: 1920, height: 1080, frameRate: 29.97, sourceBitrate: nil)
        #expect(top.map { $0.bitrate / 1000 } == [6780, 3520, 2210, 1150, 720, 380])
        let film = Ladder.adaptive(width: 1280, height: 720, frameRate: 23.976, sourceBitrate: nil)
        for (rung, reference) in zip(film, [2940, 1850, 960, 600, 320]) {
            #expect(abs(Double(rung.bitrate) / 1000 - Double(reference)) / Double(reference) < 0.04)
        }
    }

    @Test(arguments: [
        (1280, 720, 25.0, 1_500_000), (512, 384, 29.97, 180_000), (16, 16, 25, 10_000), (1080, 1920, 60, 8_000_000),
        (1920, 800, 24, 3_000_000), (7680, 4320, 60, 90_000_000), (640, 2, 25, 100_000),
    ])
    func neverAboveTheSource(width: Int, height: Int, frameRate: Double, bitrate: Int) {
        let rungs = Ladder.adaptive(width: width, height: height, frameRate: frameRate, sourceBitrate: bitrate)
        #expect(!rungs.isEmpty)
        for rung in rungs {
            #expect(rung.width <= width + 1 && rung.height <= height + 1)
            #expect(rung.width % 2 == 0 && rung.height % 2 == 0)
            #expect(rung.bitrate <= max(bitrate, 16_000))
        }
        for (upper, lower) in zip(rungs, rungs.dropFirst()) { #expect(lower.bitrate < upper.bitrate) }
    }

    @Test(arguments: [
        (Rational(25, 1), Rational(25, 1)), (Rational(2997, 100), Rational(30_000, 1001)),
        (Rational(120, 1), Rational(60, 1)),
        (Rational(23_976, 1000), Rational(24_000, 1001)), (Rational(0, 1), Rational(25, 1)),
        (Rational(1, 1000), Rational(25, 1)),
    ])
    func ratesAreConstantAndUsual(average: Rational, expected: Rational) {
        #expect(Rational.frameRate(average: average) == expected)
        #expect(Rational.frameRate(average: nil) == Rational(25, 1))
    }
}
