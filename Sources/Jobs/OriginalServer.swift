import Foundation
import Glibc
import MediaStorage
import Synchronization

/// What kept a server from reading what its child asked for. Shared with its thread.
private final class ReadFailure: Sendable {
    private let first = Mutex<(any Error)?>(nil)

    var error: (any Error)? { first.withLock { $0 } }

    func note(_ error: any Error) { first.withLock { $0 = $0 ?? error } }
}

/// Gives one encoder child the bytes of one original, decrypted, while it runs: the child holds no key and opens nothing in
/// storage. What it may ask for is bounded; `keyway_input_connect` of the child says how.
final class OriginalServer: Sendable {
    private static let largestRequest = 1 << 20
    /// What of a name fits into a socket's path.
    private static let longestName = 80

    /// Where the child connects.
    let path: String
    private let folder: String
    private let listener: Int32
    private let failure = ReadFailure()

    /// Why the child's input ended before its end; nil when it did not. What the child says of it then is worth nothing.
    var readError: (any Error)? { failure.error }

    /// - Parameter name: of the original; its end tells the child what it is.
    /// - Throws: `JobFailure` when there can be no socket.
    init(_ content: any MediaReader, name: String) throws {
        folder = try Self.makeFolder()
        path = folder + "/" + (name.split(separator: "/").last ?? "").suffix(Self.longestName)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0, Self.bind(listener, to: path), listen(listener, 1) == 0 else {
            let failure = Self.failure("listen at", path)
            if listener >= 0 { close(listener) }
            try? FileManager.default.removeItem(atPath: folder)
            throw failure
        }
        // The thread has a descriptor of its own: the number of a closed one may be another's by the time it is used.
        let own = fcntl(listener, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else {
            let failure = Self.failure("listen at", path)
            close(listener)
            try? FileManager.default.removeItem(atPath: folder)
            throw failure
        }
        Thread.detachNewThread { [folder, failure] in
            defer { close(own) }
            Self.serve(own, content, failure) {
                // The child has its connection: a process that is killed from here on leaves nothing behind.
                try? FileManager.default.removeItem(atPath: folder)
            }
        }
    }

    deinit {
        // Wakes who still waits for the child.
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A child connects at once: what is older was left by a process that was killed before. In seconds.
    private static let longestWait = 3600.0

    /// Removes the folders that processes of this user have left which were killed before their child had connected.
    static func removeLeftovers(in folder: String = "/tmp", at now: Date = Date()) {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
            let path = folder + "/" + name
            guard name.hasPrefix("keyway-"), name.utf8.count == 13,
                let facts = try? files.attributesOfItem(atPath: path),
                facts[.type] as? FileAttributeType == .typeDirectory,
                (facts[.ownerAccountID] as? NSNumber)?.uint32Value == geteuid(),
                let time = facts[.modificationDate] as? Date, now.timeIntervalSince(time) > longestWait,
                let sockets = try? files.contentsOfDirectory(atPath: path), sockets.count <= 1,
                sockets.allSatisfy({ isSocket(path + "/" + $0) })
            else { continue }
            try? files.removeItem(atPath: path)
        }
    }

    private static func isSocket(_ path: String) -> Bool {
        let facts = try? FileManager.default.attributesOfItem(atPath: path)
        return facts?[.type] as? FileAttributeType == .typeSocket
    }

    /// Of this user alone. Socket paths are short, so it is not in the data folder.
    private static func makeFolder() throws -> String {
        var template = Array("/tmp/keyway-XXXXXX".utf8CString)
        guard let path = template.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) else {
            throw failure("make", "/tmp/keyway-XXXXXX")
        }
        return String(cString: path)
    }

    private static func failure(_ verb: String, _ path: String) -> JobFailure {
        JobFailure(.storageFailed, "cannot \(verb) '\(path)': \(String(cString: strerror(errno)))")
    }

    private static func bind(_ descriptor: Int32, to path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// On a thread of its own: reading waits for the disk. Ends with the child's connection.
    private static func serve(
        _ listener: Int32, _ content: any MediaReader, _ failure: ReadFailure, connected: () -> Void
    ) {
        let child = accept(listener, nil, nil)
        guard child >= 0 else { return }
        defer { close(child) }
        connected()
        // No other child inherits it.
        _ = fcntl(child, F_SETFD, FD_CLOEXEC)
        var size = content.size.bigEndian
        guard withUnsafeMutableBytes(of: &size, { transfer(child, $0, send) }) else { return }
        var request = [UInt8](repeating: 0, count: 12)
        var answer = [UInt8](repeating: 0, count: largestRequest)
        while request.withUnsafeMutableBytes({ transfer(child, $0, { Glibc.read($0, $1, $2) }) }) {
            let offset = request[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let count = request[8...].reduce(0) { $0 << 8 | Int($1) }
            // What is read wrong is not said to the child, which sees its input end.
            guard (1...largestRequest).contains(count), offset <= content.size,
                UInt64(count) <= content.size - offset,
                answer.withUnsafeMutableBytes({ buffer in
                    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
                    do {
                        try content.read(into: part, at: offset)
                    } catch {
                        failure.note(error)
                        return false
                    }
                    return transfer(child, part, send)
                })
            else { return }
        }
    }

    /// A child that is gone ends the connection, and not this process.
    private static func send(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
        Glibc.send(descriptor, bytes, count, Int32(MSG_NOSIGNAL))
    }

    private static func transfer(
        _ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer,
        _ call: (Int32, UnsafeMutableRawPointer, Int) -> Int
    ) -> Bool {
        var rest = bytes
        while let start = rest.baseAddress, rest.count > 0 {
            let count = call(descriptor, start, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
        }
        return true
    }
}
