import Foundation

/// A key behind a token, players that ask for it, and what the audit log says of them.
struct AuditSite {
    let data: DataFolder
    /// The program and arguments that put another one where the data folder is.
    var launcher: [String] = []

    static let policy = """
        kind: AuthorizationPolicy
        name: viewers
        options:
          - name: web
            delivery: [aes]
            restrictions:
              - token:
                  type: jwt
                  issuer: i
                  audience: a
                  verificationKeys: [{ secret: sts, algorithms: [HS256] }]
        """

    struct Load: Decodable {
        var granted: [String]
        var statuses: [String: Int]
        var refusal: [String: String]
    }

    @discardableResult
    func keyway(_ arguments: String..., input: Data = Data()) throws -> Outcome {
        let command = launcher + [try Programs.own("keyway")] + arguments
        let outcome = try run(
            command[0], Array(command.dropFirst()), input: input, environment: data.environment)
        guard outcome.status == 0 else { throw VerbFailed(arguments: arguments, outcome: outcome) }
        return outcome
    }

    /// Makes the secret, the policy and the key; gives the KID.
    func prepare() throws -> String {
        try keyway("secret", "set", "sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        let folder = try Folder()
        try keyway("apply", folder.write("policy.yaml", Data(Self.policy.utf8)))
        let key = try keyway("key", "create", "--type", "envelope", "--auth", "viewers", "--json").json()
        return key["keyId"] as? String ?? ""
    }

    static func load(_ url: String, _ kid: String, seconds: Double, threads: Int = 8, name: String) throws -> Load {
        let outcome = try run(
            Programs.outside("python"),
            [
                Programs.repository.path + "/Tests/Audit/load.py", url, kid, "\(seconds)", "\(threads)", name,
            ])
        guard outcome.status == 0 else { throw VerbFailed(arguments: ["load.py"], outcome: outcome) }
        return try JSONDecoder().decode(Load.self, from: outcome.output)
    }

    /// One event of an export.
    struct Event: Decodable {
        var action: String
        var tokenID: String?
        var detail: String?
        var reason: String?
    }

    /// All events, exported and verified by the program that knows the guide only.
    func events() throws -> [Event] {
        struct Line: Decodable { var event: Event? }
        let folder = try Folder()
        let export = folder.path + "/export.jsonl"
        try keyway("audit", "export", "--output", export)
        try keyway("audit", "checkpoint", "--sign")
        let key = try folder.write("key.pem", keyway("audit", "public-key").output)
        let judged = try run(
            Programs.outside("python"), [Programs.repository.path + "/Tests/Audit/verify_export.py", export, key])
        guard judged.status == 0 else { throw VerbFailed(arguments: ["verify_export.py"], outcome: judged) }
        let text = String(decoding: try Data(contentsOf: folder.url("export.jsonl")), as: UTF8.self)
        return try text.split(separator: "\n").compactMap {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8)).event
        }
    }
}
