import EncoderProtocol
import Testing

@testable import Encoding

/// Listed renditions on sources of other sizes.
@Suite struct RenditionPlanTests {
    private static let recipe = VideoRecipe(renditions: [
        VideoRenditionRecipe(width: 1920, height: 1080, bitrate: 6_000_000),
        VideoRenditionRecipe(width: 1920, height: 1080, bitrate: 4_700_000),
        VideoRenditionRecipe(width: 1280, height: 720, bitrate: 3_400_000),
        VideoRenditionRecipe(width: 640, height: 360, bitrate: 1_000_000),
    ])

    private static func sizes(_ width: Int, _ height: Int) throws -> [String] {
        let source = SourcePicture(width: width, height: height)
        return try RenditionPlan(recipe, source: source, frameRate: Rational(25, 1)).videos.map {
            "\($0.width)x\($0.height)@\($0.bitrate / 1000)"
        }
    }

    @Test func nothingIsEnlarged() throws {
        #expect(
            try Self.sizes(1920, 1080) == ["1920x1080@6000", "1920x1080@4700", "1280x720@3400", "640x360@1000"])
        #expect(try Self.sizes(1280, 720) == ["1280x720@3400", "640x360@1000"])
        // Between two steps: the smallest that is too large is made in the source's size.
        #expect(try Self.sizes(1024, 576) == ["1024x576@3400", "640x360@1000"])
        #expect(try Self.sizes(320, 180) == ["320x180@1000"])
    }

    @Test func theShapeIsTheSources() throws {
        #expect(try Self.sizes(1920, 800).first == "1920x800@6000")
        #expect(try Self.sizes(1440, 1080).first == "1440x1080@6000")
        // A box that lies stands up for pictures that do.
        #expect(try Self.sizes(1080, 1920).first == "1080x1920@6000")
        for size in try Self.sizes(1437, 811) {
            let numbers = size.split(separator: "@")[0].split(separator: "x").compactMap { Int($0) }
            #expect(numbers.allSatisfy { $0 % 2 == 0 })
        }
    }

    @Test func whatACodecCannotTakeIsLeftOut() throws {
        var recipe = VideoRecipe(renditions: [
            VideoRenditionRecipe(codec: .av1, width: 640, height: 360, bitrate: 100_000),
            VideoRenditionRecipe(codec: .h264, width: 640, height: 360, bitrate: 100_000),
        ])
        let source = SourcePicture(width: 48, height: 48)
        let plan = try RenditionPlan(recipe, source: source, frameRate: Rational(25, 1))
        #expect(plan.videos.map(\.codec) == [.h264])
        #expect(plan.warnings.contains { $0.contains("av1 needs 64 pixels") })
        recipe.renditions.removeLast()
        #expect(throws: (any Error).self) {
            _ = try RenditionPlan(recipe, source: source, frameRate: Rational(25, 1))
        }
    }

    @Test func namesAreOneEach() throws {
        let recipe = VideoRecipe(renditions: [
            VideoRenditionRecipe(width: 640, height: 360, bitrate: 500_000),
            VideoRenditionRecipe(width: 640, height: 360, bitrate: 500_000, profile: "main"),
            VideoRenditionRecipe(codec: .hevc, width: 640, height: 360, bitrate: 500_000),
        ])
        let plan = try RenditionPlan(
            recipe, source: SourcePicture(width: 1280, height: 720), frameRate: Rational(25, 1))
        #expect(plan.videos.map(\.name) == ["video-360p-500k", "video-360p-500k-2", "video-360p-500k-hevc"])
    }

    @Test(arguments: [
        (30.0, 60, 30.0), (30, 50, 25), (25, 25, 25), (20, 50, 50.0 / 3), (60, 30, 30),
    ])
    func ratesAreCappedEvenly(limit: Double, rate: Int, expected: Double) {
        #expect(abs(Rational(rate, 1).capped(at: limit).value - expected) < 0.001)
    }

    /// Decoders give times in order; what is not so is taken out.
    @Test func timesThatJumpAreTakenOut() {
        var clock = StreamClock(unitsPerSecond: 1000, start: 10, duration: nil, declared: 0)
        #expect(clock.time(of: 10_000, duration: 40) == 0)
        #expect(clock.time(of: 10_040, duration: 40) == 40)
        #expect(clock.time(of: Int64.max - 5, duration: 40) == 80)
        #expect(clock.time(of: 10_120, duration: 40) <= 120)
        #expect(clock.time(of: Int64.min + 7, duration: 40) < 1_000)
        #expect(clock.jumps >= 2)
    }

    /// A lecture's slide may stay for long, but not for ever.
    @Test func aPictureStaysForAnHourAtMost() {
        var clock = StreamClock(unitsPerSecond: 1000, start: 0, duration: nil, declared: 40_000)
        #expect(clock.time(of: 0, duration: 40) == 0)
        #expect(clock.time(of: 3_500_000, duration: 40) == 3_500_000)
        #expect(clock.time(of: 7_200_000, duration: 40) == 3_500_040)
        #expect(clock.time(of: 7_200_040, duration: 40) == 3_500_080)
        #expect(clock.jumps == 1)
    }
}

extension SourcePicture {
    fileprivate init(width: Int, height: Int) {
        self.init(
            width: width, height: height, frameRate: Rational(25, 1), bitrate: nil, bitDepth: 8,
            isHighDynamicRange: false, rotation: 0, isInterlaced: false, isVariableRate: false)
    }
}
