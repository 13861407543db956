import Administration
import ArgumentParser
import EncoderProtocol
import Foundation
import KeyServer

struct PresetShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a preset, as jobs carry it.")

    @Argument(help: "Its name; letter case and spaces do not matter.")
    var name: String

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var preset: EncodingPreset

        func encode(to encoder: any Encoder) throws { try preset.encode(to: encoder) }

        var text: String {
            var rows = [["name", preset.name]]
            if let video = preset.video {
                rows.append(["video", preset.videoText])
                rows.append(["complexity", video.complexity.rawValue])
                rows.append(["key frames", "every \(video.keyFrameInterval) s"])
                rows.append(["dynamic range", video.dynamicRange.rawValue])
                rows.append(["deinterlacing", video.deinterlacing.rawValue])
            }
            rows.append(["audio", preset.audioText])
            if let loudness = preset.loudness { rows.append(["loudness", "\(loudness) LUFS"]) }
            if let thumbnails = preset.thumbnails {
                rows.append([
                    "thumbnails",
                    "every \(thumbnails.interval) s, \(thumbnails.width) wide, \(thumbnails.columns)x\(thumbnails.rows)",
                ])
            }
            if let poster = preset.poster {
                rows.append(["poster", poster.position.map { "at \($0) s" } ?? "best"])
            }
            return rows.map { $0[0].padding(toLength: 15, withPad: " ", startingAt: 0) + $0[1] }.joined(separator: "\n")
        }
    }

    func run() async throws {
        guard let preset = CommonOptions.isRemote ? try await there() : EncodingPreset.named(name) else {
            throw CommandFailure(.noInput, "there is no preset '\(name)'; 'keyway preset list' shows all")
        }
        try Answer(preset: preset).print(json: common.json)
    }

    /// The server's; nil when it has none of that name.
    private func there() async throws -> EncodingPreset? {
        do {
            // Spaces are not part of a name there.
            return try await common.perform(ShowPreset(name: name.filter { $0 != " " })).recipe
        } catch let error as OperatorError where error.code == .missing || error.code == .malformed {
            return nil
        }
    }
}
