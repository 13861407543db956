import Catalog
import ContentKeys
import Crypto
import Foundation
import Glibc
import KeyServer
import MediaStorage

/// What was begun, so that the same command goes on where it was: a file in the user's state folder.
struct UploadMemory {
    /// An upload of one range of the file.
    struct Part: Codable, Sendable {
        var upload: String
        var start: UInt64
        var end: UInt64

        /// In bytes.
        var length: UInt64 { end - start }
    }

    /// What an earlier run began.
    struct Begun: Codable, Sendable {
        var parts: [Part]
        /// Of a file that is encrypted here: its key and what it held, SHA-256 in hexadecimal digits. They go with the upload.
        var key: Data?
        var sha256: String?

        /// - Parameter digest: SHA-256 of the file, in hexadecimal digits.
        init(_ parts: [Part], key: ContentKey? = nil, digest: String) {
            self.parts = parts
            guard let key else { return }
            self.key = key.withUnsafeBytes { Data($0) }
            sha256 = digest
        }

        /// Whether the parts are those of a file, one behind the other.
        fileprivate var isWhole: Bool {
            var position: UInt64 = 0
            return parts.allSatisfy { part in
                defer { position = part.end }
                return part.start == position && part.end >= part.start
            }
        }

        /// Nil for a file that is sent as it is.
        var contentKey: ContentKey? {
            key?.withUnsafeBytes { ContentKey(.storage, copying: $0) }
        }
    }

    /// Uploads that are to be: written down before the server hears of them, who may begin them and nobody hear that it did.
    struct Attempt: Codable, Sendable {
        /// Of chance: what the server knows the uploads by.
        private var word: String
        fileprivate var parts: Int
        /// Of the file, in hexadecimal digits.
        fileprivate var sha256: String
        /// Of a file that is encrypted here. Under it go these bytes in these parts, and nothing else.
        fileprivate var key: Data?

        fileprivate init(parts: Int, key: ContentKey?, digest: String) {
            word = UUID().uuidString.lowercased()
            self.parts = parts
            sha256 = digest
            self.key = key?.withUnsafeBytes { Data($0) }
        }

        /// Each upload has its own.
        func word(ofPart number: Int) -> String { parts == 1 ? word : "\(word).\(number)" }

        /// Nil for a file that is sent as it is.
        var contentKey: ContentKey? {
            key?.withUnsafeBytes { ContentKey(.storage, copying: $0) }
        }
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
    func load() -> Begun? {
        guard let content = FileManager.default.contents(atPath: path) else { return nil }
        let decoder = JSONDecoder()
        // What a version wrote that encrypted nothing here.
        let begun =
            (try? decoder.decode(Begun.self, from: content))
            ?? (try? decoder.decode([Part].self, from: content)).map { Begun($0, digest: "") }
        return begun.flatMap { $0.isWhole && !$0.parts.isEmpty ? $0 : nil }
    }

    func save(_ begun: Begun) throws {
        try write(try JSONEncoder().encode(begun), to: path)
        // Its address is known from here on.
        forgetAttempt()
    }

    /// What is asked of the server before it is known whether it heard: the same until the addresses are saved, as long as it is
    /// of the same content, in as many parts and of the same form.
    ///
    /// - Parameter digest: SHA-256 of the file, in hexadecimal digits.
    func attempt(parts: Int, digest: String, isSealed: Bool) throws -> Attempt {
        if let content = FileManager.default.contents(atPath: attemptPath),
            let known = try? JSONDecoder().decode(Attempt.self, from: content), known.parts == parts,
            known.sha256 == digest, (known.contentKey != nil) == isSealed, (known.key != nil) == isSealed
        {
            return known
        }
        let attempt = Attempt(parts: parts, key: isSealed ? .random(.storage) : nil, digest: digest)
        try write(try JSONEncoder().encode(attempt), to: attemptPath)
        return attempt
    }

    /// What begins anew is another attempt.
    func forgetAttempt() {
        try? FileManager.default.removeItem(atPath: attemptPath)
    }

    private var attemptPath: String { path + "-attempt" }

    /// Only its owner may read it, from the first byte on: it may hold a key.
    private func write(_ json: Data, to path: String) throws {
        var content = json
        try makeFolder()
        removeTemporaries()
        let temporary = "\(self.path).\(UUID().uuidString)"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        var isWritten = descriptor >= 0
        content.withUnsafeMutableBytes { bytes in
            isWritten = isWritten && Glibc.write(descriptor, bytes.baseAddress, bytes.count) == bytes.count
            if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) }
        }
        isWritten = isWritten && fsync(descriptor) == 0
        if descriptor >= 0 { close(descriptor) }
        guard isWritten, rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            throw CommandFailure(.inputOutput, "cannot write '\(path)': \(reason)")
        }
    }

    private func makeFolder() throws {
        let folder = PathText.folder(of: path)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure(
                .cannotCreate,
                "cannot make '\(folder)', where it is remembered what was sent: \(SystemReason.text(error)); set XDG_STATE_HOME "
                    + "to a folder that you may write to")
        }
    }

    func forget() {
        // What stays is only tried first by the next upload of the same content.
        try? FileManager.default.removeItem(atPath: path)
        forgetAttempt()
        removeTemporaries()
    }

    /// What a run has left that was ended while it wrote: it may hold a key.
    private func removeTemporaries() {
        let (folder, name) = (PathText.folder(of: path), PathText.name(of: path))
        for entry in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where entry.hasPrefix(name + ".") {
            try? FileManager.default.removeItem(atPath: folder + "/" + entry)
        }
    }
}
