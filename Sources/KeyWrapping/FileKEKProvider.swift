public import ContentKeys
import Glibc

/// KEKs as files `kek-1.key`, `kek-2.key`, … of 32 random bytes, mode 0600, in a folder of mode 0700.
public struct FileKEKProvider: KEKProvider {
    /// Versions that are looked for.
    private static let maximumVersion = 10_000

    private let keks: [KEKVersion: KEK]
    public let current: KEK

    /// Loads all versions; makes version 1 when the folder holds none.
    ///
    /// - Parameter mayCreate: false when keys exist that were wrapped under a KEK, so that a lost KEK is not replaced by
    ///   a new one that opens nothing.
    /// - Throws: `KEKError` that says what is wrong with which file and what to do.
    public init(folder: String, mayCreate: Bool) throws {
        var keks: [KEKVersion: KEK] = [:]
        var newest: KEK?
        for number in 1...Self.maximumVersion {
            let path = Self.path(folder, number)
            guard access(path, F_OK) == 0 else { break }
            let kek = try Self.load(path, KEKVersion(rawValue: number))
            keks[kek.version] = kek
            newest = kek
        }
        if newest == nil {
            guard mayCreate else {
                throw KEKError(
                    "the key-encryption key is missing: '\(Self.path(folder, 1))'; restore it from its backup, since "
                        + "keys in the catalog are wrapped under it")
            }
            let kek = try Self.create(folder, KEKVersion(rawValue: 1))
            keks[kek.version] = kek
            newest = kek
        }
        guard let newest else { throw KEKError("no key-encryption key in '\(folder)'") }
        self.keks = keks
        current = newest
    }

    public func kek(_ version: KEKVersion) -> KEK? {
        keks[version]
    }

    private static func path(_ folder: String, _ number: Int) -> String {
        "\(folder)/kek-\(number).key"
    }

    private static func load(_ path: String, _ version: KEKVersion) throws -> KEK {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw KEKError("cannot read '\(path)': \(reason())") }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw KEKError("'\(path)' is not a file")
        }
        guard facts.st_mode & 0o077 == 0 else {
            throw KEKError("'\(path)' can be read by others than its owner; run: chmod 600 '\(path)'")
        }
        guard facts.st_size == KEK.length else {
            throw KEKError("'\(path)' is \(facts.st_size) bytes long and not \(KEK.length); restore it from its backup")
        }
        var bytes = [UInt8](repeating: 0, count: KEK.length)
        defer { bytes.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } } }
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count == KEK.length, let kek = bytes.withUnsafeBytes({ KEK(version: version, copying: $0) }) else {
            throw KEKError("cannot read '\(path)': \(reason())")
        }
        return kek
    }

    /// Writes a new KEK beside its name, makes it durable, then gives it the name, unless another process was first.
    private static func create(_ folder: String, _ version: KEKVersion) throws -> KEK {
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw KEKError("cannot make '\(folder)': \(reason())")
        }
        let target = path(folder, version.rawValue)
        let temporary = "\(target).\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw KEKError("cannot make '\(temporary)': \(reason())") }
        defer {
            close(descriptor)
            unlink(temporary)
        }
        var bytes = [UInt8](repeating: 0, count: KEK.length)
        var generator = SystemRandomNumberGenerator()
        for index in bytes.indices { bytes[index] = UInt8.random(in: .min ... .max, using: &generator) }
        let count = bytes.withUnsafeMutableBytes { buffer in
            let count = write(descriptor, buffer.baseAddress, buffer.count)
            if let base = buffer.baseAddress { explicit_bzero(base, buffer.count) }
            return count
        }
        guard count == KEK.length, fsync(descriptor) == 0 else {
            throw KEKError("cannot write '\(temporary)': \(reason())")
        }
        // link() never replaces: whoever was first has made the KEK.
        guard link(temporary, target) == 0 || errno == EEXIST else {
            throw KEKError("cannot make '\(target)': \(reason())")
        }
        let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folderDescriptor >= 0 {
            fsync(folderDescriptor)
            close(folderDescriptor)
        }
        return try load(target, version)
    }

    private static func reason() -> String {
        String(cString: strerror(errno))
    }
}
