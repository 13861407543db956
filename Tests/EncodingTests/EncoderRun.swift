import EncoderProtocol
import Foundation
import TestSupport
import Testing

/// One run of the child program, as a worker would start it: what it said, and its tracks as files.
final class EncoderRun {
    let folder: URL
    private(set) var events: [EncoderEvent] = []
    private(set) var exit: Int32 = -1
    /// Of each track, as it came.
    private(set) var indexes: [Int: Data] = [:]

    /// - Parameters:
    ///   - order: the text of an order, or the name of a preset.
    ///   - inputs: paths.
    init(_ order: String, _ inputs: [String], limits: EncoderLimits = EncoderLimits()) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-encode-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = try Self.program()
        process.arguments = EncoderTask.arguments(preset: order, limits: limits, inputs: inputs)
        process.environment = [:]
        let (alive, output) = (Pipe(), Pipe())
        process.standardInput = alive
        process.standardOutput = output
        process.standardError = Pipe()
        try process.run()
        try take(output.fileHandleForReading)
        process.waitUntilExit()
        exit = process.terminationStatus
        withExtendedLifetime(alive) {}
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    convenience init(_ order: EncodingOrder, _ inputs: [String], limits: EncoderLimits = EncoderLimits()) throws {
        try self.init(try order.text(), inputs, limits: limits)
    }

    private func take(_ handle: FileHandle) throws {
        var reader = EncoderFrameReader()
        var files: [Int: FileHandle] = [:]
        while let bytes = try handle.read(upToCount: 1 << 16), !bytes.isEmpty {
            reader.append(bytes)
            while let frame = try reader.next() {
                switch frame.kind {
                case .event: events.append(try JSONDecoder().decode(EncoderEvent.self, from: Data(frame.payload)))
                case .media:
                    if files[frame.track] == nil {
                        _ = FileManager.default.createFile(atPath: path(frame.track), contents: nil)
                        files[frame.track] = try FileHandle(forWritingTo: URL(fileURLWithPath: path(frame.track)))
                    }
                    try files[frame.track]?.write(contentsOf: Data(frame.payload))
                case .index: indexes[frame.track, default: Data()].append(contentsOf: frame.payload)
                case .trackEnd: break
                }
            }
        }
        for file in files.values { try file.close() }
    }

    /// Of a track's file.
    func path(_ track: Int) -> String { folder.path + "/track-\(track).mp4" }

    var trackCount: Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasPrefix("track-") }
            .count
    }

    var isFinished: Bool { exit == 0 && events.contains(.finished) }

    var failure: (code: EncoderFailureCode, message: String)? {
        for case .failed(let code, let message) in events { return (code, message) }
        return nil
    }

    var warnings: [String] {
        events.compactMap { event in
            if case .warning(let message) = event { message } else { nil }
        }
    }

    var planned: [PlannedRendition] {
        for case .planned(let tracks) in events { return tracks }
        return []
    }

    /// What ffprobe says of a track.
    func facts(_ track: Int) throws -> TrackFacts {
        let probe = try Tool.run([
            "ffprobe", "-v", "error", "-count_packets", "-show_entries",
            "stream=codec_name,width,height,pix_fmt,sample_aspect_ratio,color_transfer,r_frame_rate,channels,duration,"
                + "nb_read_packets,profile:stream_tags=language:packet=pts,flags", "-of", "json", path(track),
        ])
        return try TrackFacts(probe.standardOutput)
    }

    /// Decodes a track with FFmpeg; gives what it complains about.
    func complaints(_ track: Int) throws -> String {
        try Tool.run(["ffmpeg", "-v", "error", "-i", path(track), "-f", "null", "-"]).standardError
    }

    static func program() throws -> URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        for _ in 0..<6 {
            let path = folder.appendingPathComponent("keyway-encoder")
            if FileManager.default.isExecutableFile(atPath: path.path) { return path }
            folder.deleteLastPathComponent()
        }
        throw NotBuilt()
    }
}

/// What an outside program sees in a track.
struct TrackFacts {
    var codec: String
    var profile: String
    var width: Int
    var height: Int
    var format: String
    var transfer: String
    var rate: String
    var channels: Int
    var language: String
    var duration: Double
    var packets: Int
    /// Packets by number that are key frames.
    var keys: [Int]

    init(_ json: Data) throws {
        let root = try JSONSerialization.jsonObject(with: json) as? [String: Any] ?? [:]
        let stream = (root["streams"] as? [[String: Any]])?.first ?? [:]
        codec = stream["codec_name"] as? String ?? ""
        profile = stream["profile"] as? String ?? ""
        width = stream["width"] as? Int ?? 0
        height = stream["height"] as? Int ?? 0
        format = stream["pix_fmt"] as? String ?? ""
        transfer = stream["color_transfer"] as? String ?? ""
        rate = stream["r_frame_rate"] as? String ?? ""
        channels = stream["channels"] as? Int ?? 0
        language = (stream["tags"] as? [String: Any])?["language"] as? String ?? ""
        duration = Double(stream["duration"] as? String ?? "") ?? 0
        packets = Int(stream["nb_read_packets"] as? String ?? "") ?? 0
        let all = root["packets"] as? [[String: Any]] ?? []
        keys = all.indices.filter { (all[$0]["flags"] as? String)?.hasPrefix("K") == true }
    }
}

/// The child program is not beside the tests.
struct NotBuilt: Error {}
