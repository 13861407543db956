import Foundation
import MediaModel
import MovieFiles
import TestSupport

/// Films that the tests read.
enum Clips {
    static func file(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return Array(try Data(contentsOf: folder.appendingPathComponent("Media/\(name)")))
    }

    /// A film of a test picture and a tone, made by ffmpeg.
    static func made(
        _ arguments: [String], seconds: Double = 1, size: String = "64x64", rate: Int = 24
    ) throws -> [UInt8] {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("clip-\(UUID().uuidString).mp4").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try Tool.run(
            [
                "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=s=\(size):r=\(rate):d=\(seconds)", "-f",
                "lavfi", "-i", "sine=r=48000:d=\(seconds)", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt",
                "yuv420p",
                "-c:a", "aac", "-b:a", "32k", "-shortest",
            ] + arguments + [path])
        return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    static func x264(keyEvery interval: Int, _ more: String = "") -> [String] {
        ["-bf", "3", "-x264-params", "keyint=\(interval):min-keyint=\(interval):scenecut=0" + more]
    }
}

/// What a set of files becomes: all of it, in a form that can be compared.
struct Uploaded: Equatable {
    struct Track: Equatable {
        var name: String
        var timescale: UInt32
        var language: String
        var codec: String
        var segments: [Segment]
    }

    struct Segment: Equatable {
        var decodeTime: UInt64
        var samples: [Sample]
    }

    struct Sample: Equatable {
        var bytes: [UInt8]
        var duration: UInt32
        var offset: Int32
        var isSync: Bool
        var subsampleCount: Int
    }

    var tracks: [Track] = []
    var warnings: [String]

    init(_ files: [(name: String, bytes: [UInt8])]) throws {
        try self.init(reading: files.map { (name: $0.name, source: MovieBytes($0.bytes)) })
    }

    /// - Parameter keyFrame: where a film begins that was cut between two.
    init(_ bytes: [UInt8], at keyFrame: FilmStart.KeyFrame? = nil) throws {
        try self.init(reading: [("film.mp4", MovieBytes(bytes))], at: keyFrame)
    }

    init(reading files: [(name: String, source: any MovieSource)], at keyFrame: FilmStart.KeyFrame? = nil) throws {
        let read = try files.map { try MovieFile(reading: $0.source, name: $0.name) }
        let start = try FilmStart(of: read, at: keyFrame)
        let plan = try UploadPlan(read.map { try start.applied(to: $0) })
        warnings = plan.warnings + [start.warning].compactMap(\.self)
        for track in plan.tracks {
            var segments: [Segment] = []
            var reader = track.segments()
            while let segment = try reader.next() {
                segments.append(
                    Segment(
                        decodeTime: segment.decodeTime,
                        samples: segment.samples.map {
                            Sample(
                                bytes: $0.bytes, duration: $0.duration, offset: $0.compositionOffset, isSync: $0.isSync,
                                subsampleCount: $0.subsamples.count)
                        }))
            }
            tracks.append(
                Track(
                    name: track.description.name, timescale: track.description.timescale,
                    language: track.description.language, codec: track.description.codec.codecString, segments: segments
                ))
        }
    }

    /// Presentation times of a track, in decode order.
    static func times(_ track: Track) -> [Int64] {
        track.segments.flatMap { segment in
            var time = Int64(segment.decodeTime)
            return segment.samples.map { sample in
                defer { time += Int64(sample.duration) }
                return time + Int64(sample.offset)
            }
        }
    }
}
