import Foundation
import Glibc
import Testing

/// A data folder with a whole pipeline: a transform with every kind of task, and the guide's receiver of messages.
final class PipelineSite: Sendable {
    let data: DataFolder
    let receiver: WebhookReceiver

    init(environment: [String: String] = [:], edge: String? = nil) throws {
        data = try DataFolder(environment: environment)
        let key = Data((0..<64).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
        receiver = try WebhookReceiver(key: key, folder: data.folder)
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("secret", "set", "hook", input: Data("base64:\(key)".utf8))
        try data.must("apply", "Policies", "Keys")
        let policies = "[hls-aes, hls-cbcs, dash-cenc]"
        let warm = edge.map { "\n  - { kind: prewarm, after: [publish], urls: [\($0)] }" } ?? ""
        let documents = """
            kind: NotificationEndpoint
            name: office
            url: http://127.0.0.1:\(receiver.port)/keyway
            secret: hook
            events: final
            ---
            kind: Transform
            name: films
            tasks:
              - kind: probe
              - { kind: encode, preset: adaptive, after: [probe] }
              - { kind: verify, after: [encode], deliveryPolicies: \(policies) }
              - { kind: publish, after: [verify], deliveryPolicies: \(policies), authorizationPolicy: demo-viewers }\(warm)
              - { kind: notify, after: [publish], endpoint: office }

            """
        try data.must("apply", data.folder.write("pipeline.yaml", Data(documents.utf8)))
    }

    func submit(_ asset: String, _ input: String, transform: String = "films") throws -> String {
        let outcome = try data.must(
            "job", "submit", "--transform", transform, "--asset", asset, input, "--correlation", "asset=\(asset)",
            "--json")
        return try #require((try outcome.json()["job"] as? [String: Any])?["id"] as? String)
    }

    func job(_ id: String) throws -> [String: Any] {
        try data.must("job", "show", id, "--json").json()
    }

    func state(_ id: String) throws -> String {
        try #require((try job(id)["job"] as? [String: Any])?["state"] as? String)
    }

    /// Whether every job has ended.
    func isIdle() throws -> Bool {
        let jobs = try data.must("job", "list", "--limit", "1000", "--json").json()["jobs"] as? [[String: Any]] ?? []
        return jobs.allSatisfy { ["finished", "error", "canceled"].contains($0["state"] as? String) }
    }

    func task(_ name: String, of id: String) throws -> [String: Any] {
        let tasks = try job(id)["tasks"] as? [[String: Any]] ?? []
        return try #require(tasks.first { $0["name"] as? String == name })
    }
}

/// The receiver that the guide shows.
final class WebhookReceiver: @unchecked Sendable {
    // Sendable: the process is started in the initialiser and only signalled after.
    private let process: Process
    private let output: URL
    let port: Int

    init(key: String, folder: Folder) throws {
        output = folder.url("receiver-\(UUID().uuidString).out")
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Programs.outside("python3"))
        process.arguments = [
            Programs.repository.appendingPathComponent("Documentation/examples/webhook_receiver.py").path
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(["KEYWAY_WEBHOOK_KEY": key]) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process = process
        ServersToStop.add(process)
        let file = output
        var port: Int?
        _ = try eventually {
            let first = String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n").first
            port = first.flatMap { Int($0.split(separator: " ").last ?? "") }
            return port != nil
        }
        guard let port else { throw ToolMissing(name: "the receiver of messages") }
        self.port = port
    }

    deinit {
        // It may have been started with SIGTERM ignored.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// The properties of each message that was taken, by its delivery id.
    func messages() throws -> [(id: String, properties: [String: Any])] {
        try String(decoding: Data(contentsOf: output), as: UTF8.self).split(separator: "\n").dropFirst().compactMap {
            let parts = $0.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            let properties = try JSONSerialization.jsonObject(with: Data(parts[1].utf8)) as? [String: Any]
            return (String(parts[0]), properties ?? [:])
        }
    }
}
