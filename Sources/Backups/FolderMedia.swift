import Glibc
import MediaStorage

/// Media that lies in a folder, for reading alone: nothing is made there, which a backup on a read-only disk needs.
struct FolderMedia {
    let root: String

    func open(_ file: StoredFile) throws -> any MediaReader {
        switch file.place {
        case .version(let asset, let version):
            let place = BackedUpPlace(asset: asset, version: version)
            return try FolderFile("\(LinkedVersion.folder(root, place))/\(file.name)")
        case .originals: return try FolderFile("\(BackedUpOriginals.folder(root))/\(file.name)")
        }
    }
}

/// Ranged reads of one file.
private final class FolderFile: MediaReader {
    let size: UInt64
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw MediaStorageError(errno == ENOENT ? .missing : .inputOutput, "cannot open '\(path)'")
        }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw MediaStorageError(.inputOutput, "'\(path)' is not a file")
        }
        size = UInt64(clamping: facts.st_size)
    }

    deinit {
        close(descriptor)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {
        var rest = buffer
        var position = offset
        while rest.count > 0 {
            let count = pread(descriptor, rest.baseAddress, rest.count, off_t(clamping: position))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw MediaStorageError(.inputOutput, "cannot read '\(path)' at \(position)") }
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
            position += UInt64(count)
        }
    }
}
