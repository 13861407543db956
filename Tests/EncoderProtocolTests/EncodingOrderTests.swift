import EncoderProtocol
import Testing

@Suite struct EncodingOrderTests {
    @Test(arguments: EncodingPreset.reference)
    func presetsAreWithoutDefects(preset: EncodingPreset) throws {
        #expect(preset.defects.isEmpty, "\(preset.defects)")
        #expect(EncodingPreset.named(preset.name) == preset)
        #expect(EncodingPreset.named(preset.name.uppercased().filter { $0 != " " }) == preset)
        // What a job's record says is what the child reads.
        let order = EncodingOrder(preset: preset)
        #expect(try EncodingOrder(text: try order.text()) == order)
    }

    /// The reference's ladders (Azure Media Services, MES presets).
    @Test func laddersAreTheReferences() {
        func ladder(_ name: String) -> [String] {
            (EncodingPreset.named(name)?.video?.renditions ?? []).map {
                "\($0.width)x\($0.height)@\($0.bitrate / 1000)"
            }
        }
        #expect(
            ladder("H264MultipleBitrate1080p") == [
                "1920x1080@6000", "1920x1080@4700", "1280x720@3400", "960x540@2250", "960x540@1500", "640x360@1000",
                "640x360@650", "320x180@400",
            ])
        #expect(ladder("H264 Multiple Bitrate 720p") == Array(ladder("H264 Multiple Bitrate 1080p").dropFirst(2)))
        #expect(ladder("H264 Multiple Bitrate SD").count == 5)
        #expect(ladder("h264 single bitrate 720p") == ["1280x720@4500"])
        #expect(EncodingPreset.named("adaptive")?.video?.ladder == .adaptive)
        #expect(EncodingPreset.named("nothing") == nil)
    }

    @Test func aNameIsAnOrderForOneInput() throws {
        let order = try EncodingOrder(text: "adaptive")
        #expect(order.parts == [EncodingOrder.Part(input: 0)])
        #expect(order.inputCount == 1)
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "nothing", #"{"preset":1}"#, "{" + String(repeating: " ", count: 70_000) + "}",
    ])
    func whatIsNoOrderIsRefused(text: String) {
        #expect(throws: EncodingOrderError.self) { _ = try EncodingOrder(text: text) }
    }

    @Test func everyDefectIsSaidAtOnce() throws {
        var preset = EncodingPreset(
            name: "", video: VideoRecipe(renditions: [VideoRenditionRecipe(width: 1, height: 9000, bitrate: 1)]),
            audio: [AudioRecipe(channels: 4, bitrate: 0)], loudness: 0)
        preset.video?.keyFrameInterval = .infinity
        var order = EncodingOrder(preset: preset, parts: [EncodingOrder.Part(input: 99, start: 5, end: 4)])
        order.texts = [EncodingOrder.SideText(input: -1, language: "?", role: "song")]
        order.overlay = EncodingOrder.Overlay(input: 1, width: 7)
        let defects = order.defects.joined(separator: "\n")
        for field in [
            "preset.name", "preset.loudness", "width", "height", "bitrate", "keyFrameInterval", "audio[0].channels",
            "audio[0].bitrate", "inputs", "parts[0].end", "texts[0].language", "texts[0].role", "overlay.width",
        ] { #expect(defects.contains(field), "\(field)") }
        // Numbers that JSON cannot write are no order either.
        #expect(throws: (any Error).self) { _ = try EncodingOrder(text: try order.text()) }
        order.preset.video?.keyFrameInterval = 2
        #expect(throws: EncodingOrderError.self) { _ = try EncodingOrder(text: try order.text()) }
    }

    @Test func argumentsAreTheTasks() {
        let limits = EncoderLimits(memory: 5, processorTime: 6, threads: 7, standstill: 8)
        #expect(
            EncoderTask.arguments(preset: "upload", limits: limits, inputs: ["a"])
                == ["upload", "--memory", "5", "--processor-time", "6", "--threads", "7", "--standstill", "8", "a"])
        #expect(EncoderTask.arguments(preset: "adaptive", limits: limits, inputs: ["a"]).first == "encode")
        #expect(
            EncoderTask.arguments(preset: "adaptive", limits: limits, inputs: ["a"]).suffix(2) == ["adaptive", "a"])
    }
}
