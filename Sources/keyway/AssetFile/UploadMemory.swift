import Crypto
import Foundation

/// What was begun, so that the same command goes on where it was: a file in the user's state folder.
struct UploadMemory {
    /// An upload of one range of the file.
    struct Part: Codable, Sendable {
        var upload: String
        var start: UInt64
        var end: UInt64
    }

    private let path: String

    /// - Parameter identity: everything that makes it the same upload: where to, what, and of which content.
    init(identity: [String]) {
        let environment = ProcessInfo.processInfo.environment
        let state =
            environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.local/state"
        let name = SHA256.hash(data: Data(identity.joined(separator: "\n").utf8)).prefix(16).map {
            String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
        }
        path = "\(state)/keyway/uploads/\(name.joined()).json"
    }

    /// Nil when nothing was begun.
    func load() -> [Part]? {
        FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode([Part].self, from: $0) }
    }

    func save(_ parts: [Part]) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try JSONEncoder().encode(parts).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    func forget() {
        // What stays is only tried first by the next upload of the same content.
        try? FileManager.default.removeItem(atPath: path)
    }
}
