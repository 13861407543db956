import Foundation
import KeyServer

/// Requests as a player makes them, through curl: a client that is not ours.
struct Fetch {
    struct Answer {
        /// 0 when there was no HTTP answer.
        var status: Int
        var body: Data
        /// `code` of a problem document.
        var problem: String?
    }

    let curl: OutsideTool
    let folder: TemporaryFolder

    /// - Parameters:
    ///   - token: sent as `Authorization: Bearer`, by curl's configuration on standard input, so that it is in no
    ///     process's arguments.
    ///   - source: the local address to come from.
    func get(_ url: String, token: String? = nil, post: String? = nil, source: String? = nil) async throws -> Answer {
        let file = folder.file("answer-\(UUID().uuidString)")
        var lines = [
            "url = \(quote(url))", "output = \(quote(file))", "silent", "show-error", "max-time = 60",
            "write-out = \"%{http_code}\"",
        ]
        if let token { lines.append("header = \(quote("Authorization: Bearer \(token)"))") }
        if let source { lines.append("interface = \(quote(source))") }
        if let post {
            lines.append("header = \"Content-Type: application/json\"")
            lines.append("data-binary = \(quote(post))")
        }
        let outcome = try await curl.run(["--globoff", "--config", "-"], input: lines.joined(separator: "\n") + "\n")
        guard let status = Int(outcome.output), outcome.isSuccess else {
            throw CommandFailure(.unavailable, "curl cannot reach \(url): \(outcome.errors)")
        }
        let body = (try? Data(contentsOf: URL(fileURLWithPath: file))) ?? Data()
        try? FileManager.default.removeItem(atPath: file)
        struct Document: Decodable {
            var code: String
        }
        return Answer(
            status: status, body: body,
            problem: status < 400 ? nil : (try? JSONDecoder().decode(Document.self, from: body))?.code)
    }

    /// An object that must be there.
    func object(_ url: String) async throws -> Data {
        let answer = try await get(url)
        guard answer.status == 200 else {
            throw CommandFailure(.software, "\(url) answers \(answer.status) \(answer.problem ?? "")")
        }
        return answer.body
    }

    private func quote(_ text: String) -> String {
        let escaped = text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
        return "\"\(escaped)\""
    }
}

/// A folder for the time of a proof, readable by its owner only, since keys that players were given lie in it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file of mode 0600 and returns its path.
    func write(_ name: String, _ data: Data) throws -> String {
        let path = file(name)
        guard FileManager.default.createFile(atPath: path, contents: data, attributes: [.posixPermissions: 0o600])
        else {
            throw CommandFailure(.cannotCreate, "cannot write '\(path)'")
        }
        return path
    }
}
