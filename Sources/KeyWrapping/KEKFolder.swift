import Glibc

/// The data folder's `kek/`, of mode 0700: small private files that are made durably, never replaced and never deleted.
public struct KEKFolder: Sendable {
    public let path: String

    public init(path: String) {
        self.path = path
    }

    public func path(_ file: String) -> String { "\(path)/\(file)" }

    public func holds(_ file: String) -> Bool {
        access(path(file), F_OK) == 0
    }

    /// Gives a file's bytes for the time of a call and zeroes them after.
    ///
    /// - Throws: `KEKError` when it is missing, longer than `maximum` bytes, no file, or readable by others.
    public func withContents<Result>(
        _ file: String, maximum: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        let path = path(file)
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw missing(file, errno) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw KEKError("'\(path)' is not a file")
        }
        guard facts.st_mode & 0o077 == 0 else {
            throw KEKError("'\(path)' can be read by others than its owner; run: chmod 600 '\(path)'")
        }
        var bytes = [UInt8](repeating: 0, count: maximum + 1)
        defer { bytes.zero() }
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw KEKError("cannot read '\(path)': \(Self.reason())") }
        guard count <= maximum else {
            throw KEKError("'\(path)' is longer than \(maximum) bytes; restore it from its backup")
        }
        return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[0..<count])) }
    }

    private func missing(_ file: String, _ code: Int32) -> KEKError {
        guard code == ENOENT else { return KEKError("cannot read '\(path(file))': \(String(cString: strerror(code)))") }
        // A catalog that was restored from before a rotation needs what was retired since.
        let retired = path("retired/\(file)")
        return access(retired, F_OK) == 0
            ? KEKError("'\(path(file))' is missing, and '\(retired)' is there; move it back for this catalog")
            : KEKError("'\(path(file))' is missing; restore it from its backup")
    }

    /// Writes a file beside its name, makes it durable, then gives it the name.
    ///
    /// - Returns: false when there is one of that name: whoever was first has made it.
    public func create(_ file: String, _ contents: UnsafeRawBufferPointer) throws -> Bool {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw KEKError("cannot make '\(path)': \(Self.reason())")
        }
        let target = path(file)
        let temporary = "\(target).\(getpid()).\(String(UInt32.random(in: .min ... .max), radix: 16))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw KEKError("cannot make '\(temporary)': \(Self.reason())") }
        defer {
            close(descriptor)
            unlink(temporary)
        }
        guard write(descriptor, contents.baseAddress, contents.count) == contents.count, fsync(descriptor) == 0 else {
            throw KEKError("cannot write '\(temporary)': \(Self.reason())")
        }
        // link() never replaces.
        let isFirst = link(temporary, target) == 0
        guard isFirst || errno == EEXIST else { throw KEKError("cannot make '\(target)': \(Self.reason())") }
        Self.sync(folder: path)
        return isFirst
    }

    /// Moves a file to `retired/`; does nothing when it is there already.
    ///
    /// - Returns: the new path.
    public func retire(_ file: String) throws -> String {
        let folder = path("retired")
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw KEKError("cannot make '\(folder)': \(Self.reason())")
        }
        let target = "\(folder)/\(file)"
        guard holds(file) else { return target }
        // As for new files: nothing that is there is ever replaced.
        guard link(path(file), target) == 0 else {
            throw KEKError("cannot move '\(path(file))' to '\(target)': \(Self.reason())")
        }
        Self.sync(folder: folder)
        guard unlink(path(file)) == 0 else { throw KEKError("cannot remove '\(path(file))': \(Self.reason())") }
        Self.sync(folder: path)
        return target
    }

    private static func sync(folder: String) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func reason() -> String {
        String(cString: strerror(errno))
    }
}

extension [UInt8] {
    /// Overwrites the bytes in a way that is not optimised away.
    public mutating func zero() {
        withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) }
        }
    }
}
