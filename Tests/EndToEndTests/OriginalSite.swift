import Foundation

/// A server that takes originals, and what the tests send.
final class OriginalSite {
    let data: DataFolder
    let tokens: [String: String]
    private(set) var server: RunningServer
    private let settings: [String: String]

    init(_ settings: [String: String] = [:]) throws {
        self.settings = settings
        let data = try DataFolder()
        self.data = data
        tokens = try Dictionary(
            AdminSite.roles.map { role in
                let token = try data.must("admin", "token", "create", "the-\(role)", "--role", role)
                return (role, token.text.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        ) { first, _ in first }
        try data.must("asset", "create", "film")
        server = try RunningServer(data, environment: settings)
    }

    /// Ends the server as nobody expects it to end, and starts another one.
    func killServer() throws {
        server.stop(SIGKILL)
        server = try RunningServer(data, environment: settings)
    }

    /// At the same address as the one that was killed.
    func restartServer(at address: String) throws {
        server = try RunningServer(
            data,
            environment: settings.merging(["KEYWAY_LISTEN_ADMIN": String(address.dropFirst("http://".count))]) { $1 })
    }

    /// What verbs find that go to a server.
    func environment(_ url: String? = nil, role: String = "operator") -> [String: String] {
        [
            "KEYWAY_URL": url ?? server.admin, "KEYWAY_TOKEN": tokens[role] ?? "", "KEYWAY_DATA": "/nowhere",
            "XDG_STATE_HOME": data.folder.path + "/state",
        ]
    }

    func remote(_ arguments: String..., through url: String? = nil, role: String = "operator") throws -> Outcome {
        try run(Programs.own("keyway"), arguments, environment: environment(url, role: role))
    }

    /// A request of the tus protocol.
    func tus(
        _ method: String, _ path: String, _ headers: [String] = [], body: Data? = nil, role: String = "operator",
        version: String? = "1.0.0"
    ) throws -> Answer {
        var options = ["-X", method, "-H", "Authorization: Bearer \(tokens[role] ?? "")"]
        if method == "HEAD" { options = ["--head"] + options.dropFirst(2) }
        if let version { options += ["-H", "Tus-Resumable: \(version)"] }
        for header in headers { options += ["-H", header] }
        let folder = try Folder()
        if let body { options += ["--data-binary", "@" + (try folder.write("body", body))] }
        return try curlWith(server.admin + path, options)
    }

    static func metadata(_ values: KeyValuePairs<String, String>) -> String {
        "Upload-Metadata: "
            + values.map { "\($0.key) \(Data($0.value.utf8).base64EncodedString())" }.joined(separator: ",")
    }

    /// - Returns: the path of a new upload.
    func create(_ length: Int, as name: String, _ more: [String] = []) throws -> String {
        let answer = try tus(
            "POST", "/v1/uploads",
            ["Upload-Length: \(length)", Self.metadata(["asset": "film", "filename": name])] + more)
        guard answer.status == 201, let location = answer.headers["location"] else {
            throw ToolMissing(name: "an upload: \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
        }
        return location
    }

    func file(_ name: String) throws -> [String: Any]? {
        let files = try data.must("asset", "file", "list", "film", "--json").json()["files"] as? [[String: Any]] ?? []
        return files.first { $0["name"] as? String == name }
    }

    func state(of name: String) throws -> String? { try file(name)?["state"] as? String }

    /// What is stored of originals: names and sizes.
    func stored() throws -> [String: Int] {
        let folder = data.folder.path + "/media/originals"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return try Dictionary(
            uniqueKeysWithValues: names.filter { !$0.hasSuffix(".tags") }.map { name in
                let size = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.size] as? Int
                return (name, size ?? 0)
            })
    }

    /// Bytes that nothing can be left out of unnoticed, the same in every run.
    static func content(_ count: Int, seed: UInt64 = 1) -> Data {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        var data = Data(capacity: count + 8)
        while data.count < count {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            withUnsafeBytes(of: state.littleEndian) { data.append(contentsOf: $0) }
        }
        return data.prefix(count)
    }
}
