import Foundation
import Glibc

/// A data folder, worked on through the command line.
struct DataFolder: Sendable {
    let folder: Folder
    /// What every verb and the server find in their environment besides.
    let environment: [String: String]
    /// Holds all output of the suite against this folder's keys when the folder goes.
    private let watched: WatchedFolder

    init(environment: [String: String] = [:]) throws {
        folder = try Folder()
        self.environment = ["KEYWAY_DATA": folder.path, "KEYWAY_URL": ""].merging(environment) { $1 }
        watched = WatchedFolder(folder)
    }

    @discardableResult
    func keyway(_ arguments: String..., input: Data = Data()) throws -> Outcome {
        try run(
            Programs.own("keyway"), arguments, input: input, environment: environment)
    }

    /// A verb that must succeed.
    @discardableResult
    func must(_ arguments: String..., input: Data = Data()) throws -> Outcome {
        let outcome = try run(
            Programs.own("keyway"), arguments, input: input, environment: environment)
        guard outcome.status == 0 else { throw VerbFailed(arguments: arguments, outcome: outcome) }
        return outcome
    }

    func assets() throws -> [String] {
        let list = try must("asset", "list", "--json").json()["assets"] as? [[String: Any]] ?? []
        return list.compactMap { $0["name"] as? String }
    }

    /// What lies in the media folder, as paths relative to it.
    func mediaFiles() -> [String] {
        FileManager.default.enumerator(atPath: folder.path + "/media")?.compactMap { $0 as? String } ?? []
    }
}

struct VerbFailed: Error, CustomStringConvertible {
    var arguments: [String]
    var outcome: Outcome
    var description: String { "keyway \(arguments.joined(separator: " ")): \(outcome.status) \(outcome.errors)" }
}

/// A running `keyway serve` on free ports.
final class RunningServer: @unchecked Sendable {
    // Sendable: the process is started in the initialiser and only signalled after.
    let process: Process
    let origin: String
    let admin: String
    /// What it said on standard error.
    let errors: URL

    /// - Parameters:
    ///   - environment: what this server finds besides what all find.
    ///   - launcher: a program and its arguments that become the server.
    ///   - command: the program and its arguments.
    init(
        _ data: DataFolder, environment: [String: String] = [:], launcher: [String] = [],
        command: [String] = ["keyway", "serve"]
    ) throws {
        let output = data.folder.url("serve-\(UUID().uuidString).out")
        try Data().write(to: output)
        let process = Process()
        let command = launcher + [try Programs.own(command[0])] + command.dropFirst()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(data.environment) { $1 }.merging([
            "KEYWAY_LISTEN_ORIGIN": "127.0.0.1:0", "KEYWAY_LISTEN_ADMIN": "127.0.0.1:0",
        ]) { $1 }.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let outputHandle = try FileHandle(forWritingTo: output)
        process.standardOutput = outputHandle
        errors = data.folder.url("serve-\(UUID().uuidString).err")
        try Data().write(to: errors)
        let errorHandle = try FileHandle(forWritingTo: errors)
        process.standardError = errorHandle
        try process.run()
        for handle in [outputHandle, errorHandle] { try? handle.close() }
        self.process = process
        ServersToStop.add(process)
        var listeners: [String: String] = [:]
        let expected = environment["KEYWAY_LISTEN_ORIGINS"] == nil ? 2 : 3
        for _ in 0..<2400 {
            let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
            for line in text.split(separator: "\n") where line.hasPrefix("listening ") {
                let words = line.split(separator: " ").map(String.init)
                if words.count == 3 { listeners[words[1]] = words[2] }
            }
            if listeners.count == expected { break }
            usleep(50_000)
        }
        guard let origin = listeners["origin"] ?? listeners["keys"], let admin = listeners["admin"] else {
            throw ToolMissing(name: "a listening server")
        }
        self.origin = origin
        self.admin = admin
    }

    func stop(_ signal: Int32 = SIGTERM) {
        // The number of one that has ended may be somebody else's by now.
        if process.isRunning { kill(process.processIdentifier, signal) }
        process.waitUntilExit()
    }

    deinit {
        if process.isRunning { stop() }
    }
}

/// Servers that live as long as the test process end with it; only those that still run: the number of another may be that of
/// a thread of this process, which a signal to it would end.
enum ServersToStop {
    nonisolated(unsafe) private static var processes: [Process] = []
    private static let lock = NSLock()

    static func add(_ process: Process) {
        lock.withLock {
            if processes.isEmpty { atexit { ServersToStop.stopAll() } }
            processes.append(process)
        }
    }

    private static func stopAll() {
        for process in processes where process.isRunning { kill(process.processIdentifier, SIGTERM) }
    }
}

/// One encoded, published and served asset that the tests share: protected under three delivery policies through one
/// locator, in the clear through another.
final class Site: Sendable {
    static let shared = Result { try Site() }

    let data: DataFolder
    let server: RunningServer
    /// `http://…/{locator}/film.ism`.
    let protected: String
    let clear: String
    let token: String

    private init() throws {
        data = try DataFolder()
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        let open = try data.folder.write(
            "clear.yaml", Data("kind: DeliveryPolicy\nname: clear\nprotocols: [hls, dash]\nencryption: none\n".utf8))
        try data.must("apply", open)
        try data.must("encode", Programs.clip(), "--asset", "film")
        let published = try data.must(
            "publish", "film", "--auth", "demo-viewers", "--delivery", "hls-aes", "--delivery", "hls-cbcs",
            "--delivery", "dash-cenc", "--json"
        ).json()
        let unprotected = try data.must("publish", "film", "--delivery", "clear", "--json").json()
        server = try RunningServer(data)
        protected = "\(server.origin)/\(published["locator"] as? String ?? "")/film.ism"
        clear = "\(server.origin)/\(unprotected["locator"] as? String ?? "")/film.ism"
        token = try data.must("token", "issue", "--policy", "demo-viewers", "--lifetime", "1h").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    static let video = ["video-720p-1200k", "video-180p-120k"]
    static let audio = "audio-und-128k"
}

/// An answer as curl sees it.
struct Answer {
    var status: Int
    var headers: [String: String]
    var body: Data
}

/// Asks as a player would, with a client that is not ours.
func curl(_ url: String, _ options: String...) throws -> Answer {
    try curlWith(url, options)
}

func curlWith(_ url: String, _ options: [String]) throws -> Answer {
    let folder = try Folder()
    let outcome = try run(
        Programs.outside("curl"),
        [
            "-sS", "--globoff", "--path-as-is", "--max-time", "300", "-D", folder.path + "/headers", "-o",
            folder.path + "/body",
        ]
            + options + [url])
    guard outcome.status == 0 else { throw VerbFailed(arguments: ["curl", url], outcome: outcome) }
    let all = String(decoding: try Data(contentsOf: folder.url("headers")), as: UTF8.self)
        .split(whereSeparator: \.isNewline).map(String.init)
    // A "100 Continue" may come before the answer.
    let lines = all[(all.lastIndex { $0.hasPrefix("HTTP/") } ?? 0)...]
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
        let sides = line.split(separator: ":", maxSplits: 1)
        if sides.count == 2 { headers[sides[0].lowercased()] = sides[1].trimmingCharacters(in: .whitespaces) }
    }
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    let body = (try? Data(contentsOf: folder.url("body"))) ?? Data()
    if status >= 400 { SecretWatch.saw("\(status) of \(url)", body + (try Data(contentsOf: folder.url("headers")))) }
    return Answer(status: status, headers: headers, body: body)
}
