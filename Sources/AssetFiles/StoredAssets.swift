public import Catalog
public import ContentKeys
public import MediaStorage
public import Policies

/// The media of assets, read through the keys that it is stored under.
public struct StoredAssets: Sendable {
    public let catalog: any CatalogEngine
    public let storage: any MediaStorage
    let unwrapper: any KeyUnwrapper

    public init(catalog: any CatalogEngine, storage: any MediaStorage, unwrapper: any KeyUnwrapper) {
        self.catalog = catalog
        self.storage = storage
        self.unwrapper = unwrapper
    }

    /// - Throws: `AssetFileError` when the key is not there any more.
    func storageKey(_ keyID: KeyID) async throws -> ContentKey {
        guard let record = try await catalog.contentKey(keyID) else {
            throw AssetFileError(.damaged, "the storage key \(keyID) is missing")
        }
        return try await unwrapper.unwrap(record.wrapped, for: .storage)
    }

    /// Opens an original that may be used, decrypted.
    ///
    /// - Throws: `AssetFileError` with `notReady` for what is not in state `ready`, whoever asks.
    public func open(_ file: AssetFileRecord) async throws -> any MediaReader {
        guard file.state == .ready else {
            throw AssetFileError(
                .notReady,
                "file '\(file.name)' of asset '\(file.asset)' is in state \(file.state.rawValue)"
                    + (file.reason.map { ": \($0)" } ?? ""))
        }
        return try await content(of: file)
    }

    /// Opens an original that waits for somebody's decision, for who decides.
    ///
    /// - Throws: `AssetFileError` with `notReady` for any other.
    public func openForReview(_ found: QuarantinedFile) async throws -> any MediaReader {
        guard found.file.state == .quarantine, found.record?.state == .review else {
            throw AssetFileError(
                .notReady, "file '\(found.file.name)' of asset '\(found.file.asset)' does not wait for a decision")
        }
        return try await content(of: found.file)
    }

    /// The same whatever its state: for what decides on it.
    func content(of file: AssetFileRecord) async throws -> any MediaReader {
        let key = try await key(of: file)
        let parts = try file.parts.map { part in
            let reader = try storage.open(part.file, form: Self.form(key, part), verifying: part.tagsDigest)
            guard reader.size == part.size else {
                throw AssetFileError(.damaged, "file '\(file.name)' of asset '\(file.asset)' is not whole in storage")
            }
            return reader
        }
        guard parts.count != 1 else { return parts[0] }
        return JoinedReader(parts)
    }

    /// What a file's parts are encrypted under; nil for a file in the clear.
    ///
    /// - Throws: `AssetFileError` when the key is not there any more.
    public func key(of file: AssetFileRecord) async throws -> ContentKey? {
        guard let keyID = file.storageKey else { return nil }
        return try await storageKey(keyID)
    }

    static func form(_ key: ContentKey?, _ part: OriginalPart) -> StorageForm {
        key.map { .encrypted($0, nonce: part.nonce) } ?? .clear
    }
}

extension StoredAssets {
    /// Removes the bytes of originals. What lies in an account that is away is nobody's from now on, and is removed when it is
    /// back.
    public func discard(_ parts: [OriginalPart]) throws {
        for part in parts {
            do {
                try storage.removeOriginal(part.id, in: part.storageAccount)
            } catch let error as MediaStorageError where error.code == .unavailable {
                continue
            }
        }
    }
}

extension OriginalPart {
    /// Its bytes in storage.
    public var file: StoredFile { StoredFile(original: id, account: storageAccount) }
}

/// Reads several files as one.
struct JoinedReader: MediaReader {
    private let parts: [(start: UInt64, reader: any MediaReader)]
    let size: UInt64

    init(_ readers: [any MediaReader]) {
        var position: UInt64 = 0
        parts = readers.map { reader in
            defer { position += reader.size }
            return (position, reader)
        }
        size = position
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws {
        guard offset <= size, UInt64(buffer.count) <= size - offset else {
            throw MediaStorageError(.outOfRange, "a read of \(buffer.count) bytes at \(offset) of \(size)")
        }
        var rest = buffer
        var position = offset
        for (start, reader) in parts where position < start + reader.size && rest.count > 0 {
            let count = Int(min(UInt64(rest.count), start + reader.size - position))
            try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: rest[..<count]), at: position - start)
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
            position += UInt64(count)
        }
    }
}
