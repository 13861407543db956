import Administration
import ArgumentParser
import EncoderProtocol

struct PresetList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the presets that are there without a file.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        struct Entry: Encodable {
            var name: String
            var video: String
            var audio: String
        }

        var presets: [Entry]
        var text: String { Table.render(["NAME", "VIDEO", "AUDIO"], presets.map { [$0.name, $0.video, $0.audio] }) }
    }

    func run() async throws {
        // Those of this program need no data folder.
        let presets =
            CommonOptions.isRemote
            ? try await common.perform(ListPresets()).presets.map(\.recipe) : EncodingPreset.reference
        try Answer(
            presets: presets.map { Answer.Entry(name: $0.name, video: $0.videoText, audio: $0.audioText) }
        ).print(json: common.json)
    }
}

extension EncodingPreset {
    /// The renditions in a line.
    var videoText: String {
        guard let video else { return "-" }
        if let ladder = video.ladder { return "\(video.codec.rawValue), \(ladder.rawValue)" }
        let sizes = video.renditions.map { "\($0.height)p \($0.bitrate / 1000)k" }
        return "\(video.codec.rawValue), \(sizes.joined(separator: ", "))"
    }

    var audioText: String {
        audio.isEmpty
            ? "-"
            : audio.map {
                $0.codec == .passthrough ? "passthrough" : "\($0.codec.rawValue) \($0.bitrate / 1000)k"
            }.joined(separator: ", ")
    }
}
