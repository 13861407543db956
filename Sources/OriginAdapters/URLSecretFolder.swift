import ContentKeys
import Foundation
import Glibc
import Synchronization

/// The secrets that sign URLs, of an origin that has no key-encryption key to unwrap the catalog's with: a folder of files, one
/// for each secret and named as it is. What the files hold is read as `keyway secret set` reads its input.
///
/// Files are looked at all the time that `run` runs, so a secret that is put there, changed or taken away counts within a second.
public final class URLSecretFolder: Sendable {
    /// What tells one content of a file from the next.
    private struct Identity: Hashable {
        var inode: UInt64
        var changed: [Int]
        var size: Int
        var mode: UInt32
    }

    private struct State {
        var identities: [String: Identity] = [:]
        var secrets: [String: ZeroedBytes] = [:]
        /// What was said of the folder itself, so that it is said once.
        var trouble: String?
        /// Names that were asked for, and are not there.
        var missed: Set<String> = []
        var revision = 0
    }

    /// How often files are looked at.
    private static let interval = Duration.milliseconds(200)
    /// Most files that are read.
    static let mostSecrets = 256
    /// Longest file, in bytes: 64 KiB as `hex:`.
    private static let longestFile = (128 << 10) + 64
    /// Longest secret, in bytes, as that of the catalog.
    private static let longestSecret = 64 << 10
    /// Names that are remembered as missing; they are those that endpoints name.
    private static let mostMissed = 1000

    private let path: String
    private let say: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Reads the folder for the first time.
    ///
    /// - Parameter say: is told, once, of what cannot be used, and of secrets that are asked for and missing.
    public init(path: String, say: @escaping @Sendable (String) -> Void) {
        self.path = path
        self.say = say
        look()
    }

    /// Counts contents: what was found good under one revision has to be looked at again under the next.
    public var revision: Int { state.withLock { $0.revision } }

    /// Calls the function with a secret's bytes; nil when there is none that can be used.
    public func withSecret(named name: String, _ body: (UnsafeRawBufferPointer) -> Bool) -> Bool? {
        let (secret, isFirst) = state.withLock { state -> (ZeroedBytes?, Bool) in
            if let secret = state.secrets[name] { return (secret, false) }
            return (nil, state.missed.count < Self.mostMissed && state.missed.insert(name).inserted)
        }
        if isFirst {
            say("'\(path)' has no usable secret '\(name)': what an endpoint wants signed with it lets nobody in")
        }
        return secret?.withUnsafeBytes(body)
    }

    /// Looks until the task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            look()
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// Looks once: reads the files that are new or changed, and forgets those that are gone.
    public func look() {
        let found: [String: Identity]
        var trouble: String?
        do {
            found = try identities()
        } catch {
            found = [:]
            trouble = error.reason
        }
        let (isChanged, isNews) = state.withLock { state in
            let isNews = trouble != state.trouble
            state.trouble = trouble
            return (found != state.identities, isNews)
        }
        if let trouble, isNews { say(trouble) }
        guard isChanged else { return }
        let known = state.withLock { ($0.identities, $0.secrets) }
        var secrets: [String: ZeroedBytes] = [:]
        for (name, identity) in found {
            if known.0[name] == identity {
                secrets[name] = known.1[name]
                continue
            }
            do {
                secrets[name] = try read(name)
            } catch {
                say(error.reason)
            }
        }
        state.withLock { state in
            (state.identities, state.secrets) = (found, secrets)
            state.missed = []
            state.revision += 1
        }
    }

    private struct Unusable: Error {
        var reason: String
    }

    private func identities() throws(Unusable) -> [String: Identity] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }
        } catch {
            throw Unusable(reason: "urlSecrets '\(path)' cannot be read: is it a folder that this user may list?")
        }
        guard names.count <= Self.mostSecrets else {
            throw Unusable(reason: "urlSecrets '\(path)' has more than \(Self.mostSecrets) files; none is used")
        }
        var found: [String: Identity] = [:]
        for name in names {
            var facts = stat()
            guard stat("\(path)/\(name)", &facts) == 0, facts.st_mode & S_IFMT != S_IFDIR else { continue }
            found[name] = Identity(
                inode: UInt64(facts.st_ino),
                changed: [
                    facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec, facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec,
                ], size: Int(facts.st_size), mode: facts.st_mode)
        }
        return found
    }

    private func read(_ name: String) throws(Unusable) -> ZeroedBytes {
        let path = "\(path)/\(name)"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw Unusable(reason: "cannot read '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw Unusable(reason: "'\(path)' is not a file")
        }
        guard facts.st_mode & 0o007 == 0 else {
            throw Unusable(reason: "'\(path)' is open to everybody, so it is not used; run: chmod o= '\(path)'")
        }
        let text = ZeroedBytes(capacity: Self.longestFile) { bytes in
            max(Glibc.read(descriptor, bytes.baseAddress, bytes.count), 0)
        }
        guard text.count < Self.longestFile, let secret = text.withUnsafeBytes(Self.secret), secret.count > 0 else {
            throw Unusable(
                reason:
                    "'\(path)' holds no secret: it is to be hex:… or base64:…, or the secret itself, of at most 64 KiB")
        }
        return secret
    }

    /// A value that starts with `hex:` or `base64:` is decoded, without white space around it. Anything else is taken byte for byte.
    private static func secret(_ text: UnsafeRawBufferPointer) -> ZeroedBytes? {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        var trimmed = text[...].drop(while: isSpace)
        while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
        guard trimmed.starts(with: "hex:".utf8) || trimmed.starts(with: "base64:".utf8) else {
            return text.count <= longestSecret ? ZeroedBytes(copying: text) : nil
        }
        guard var bytes = KeyText.decode(trimmed) else { return nil }
        return bytes.withUnsafeMutableBytes { bytes in
            defer { if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) } }
            return bytes.count <= longestSecret ? ZeroedBytes(copying: UnsafeRawBufferPointer(bytes)) : nil
        }
    }
}
