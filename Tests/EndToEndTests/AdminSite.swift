import Foundation

/// A served data folder with an admin token of every role: what the tests of the admin API share.
final class AdminSite: Sendable {
    static let shared = Result { try AdminSite() }

    let data: DataFolder
    let server: RunningServer
    /// By role.
    let tokens: [String: String]

    static let roles = ["reader", "operator", "key-admin"]

    init() throws {
        data = try DataFolder()
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film")
        let folder = data
        tokens = try Dictionary(
            Self.roles.map { role in
                let token = try folder.must(
                    "admin", "token", "create", "the-\(role)", "--role", role)
                return (role, token.text.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        ) { first, _ in first }
        server = try RunningServer(data)
    }

    /// Runs a verb over the admin API.
    func remote(_ arguments: [String], role: String = "key-admin", input: Data = Data()) throws -> Outcome {
        try run(
            Programs.own("keyway"), arguments, input: input,
            environment: ["KEYWAY_URL": server.admin, "KEYWAY_TOKEN": tokens[role] ?? "", "KEYWAY_DATA": "/nowhere"])
    }

    /// Runs a verb on the folder, as somebody at the machine would who has the server's configuration.
    func local(_ arguments: [String], input: Data = Data()) throws -> Outcome {
        try run(
            Programs.own("keyway"), arguments, input: input,
            environment: [
                "KEYWAY_DATA": data.folder.path, "KEYWAY_URL": "",
                "KEYWAY_LISTEN_ORIGIN": String(server.origin.dropFirst("http://".count)),
            ])
    }

    /// Asks the API as any client would.
    func ask(_ method: String, _ path: String, token: String?, _ options: String...) throws -> Answer {
        var arguments = ["-X", method]
        if let token { arguments += ["-H", "Authorization: Bearer \(token)"] }
        return try curlWith(server.admin + path, arguments + options)
    }

    func specification() throws -> [String: Any] {
        let body = try ask("GET", "/v1/openapi.json", token: nil).body
        return try JSONSerialization.jsonObject(with: body) as? [String: Any] ?? [:]
    }
}

extension Answer {
    /// A member of the JSON document.
    func member(_ name: String) -> Any? {
        (try? JSONSerialization.jsonObject(with: body) as? [String: Any])?[name]
    }
}
