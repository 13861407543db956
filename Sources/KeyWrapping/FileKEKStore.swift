public import ContentKeys

/// KEKs as files `kek-1.key`, `kek-2.key`, … of 32 random bytes.
public struct FileKEKStore: KEKStore {
    public let kind = KEKProviderKind.file
    public let waits = false
    private let folder: KEKFolder

    public init(folder: KEKFolder) {
        self.folder = folder
    }

    public func place(of version: KEKVersion) -> String { "'\(folder.path(file(version)))'" }

    public func holds(_ version: KEKVersion) -> Bool { folder.holds(file(version)) }

    public func load(_ version: KEKVersion) async throws -> KEK { try read(version) }

    public func loadNow(_ version: KEKVersion) throws -> KEK? { try read(version) }

    public func create(_ version: KEKVersion) async throws -> KEK { try make(version) }

    public func retire(_ version: KEKVersion) throws -> String {
        "its file is now '\(try folder.retire(file(version)))'"
    }

    func read(_ version: KEKVersion) throws -> KEK {
        try folder.withContents(file(version), maximum: KEK.length) { bytes in
            guard let kek = KEK(version: version, copying: bytes) else {
                throw KEKError(
                    "\(place(of: version)) is \(bytes.count) bytes long and not \(KEK.length); restore it from its "
                        + "backup")
            }
            return kek
        }
    }

    func make(_ version: KEKVersion) throws -> KEK {
        let bytes = LockedBytes.random(count: KEK.length)
        _ = try bytes.withUnsafeBytes { try folder.create(file(version), $0) }
        return try read(version)
    }

    private func file(_ version: KEKVersion) -> String { "kek-\(version.rawValue).key" }
}

/// The KEKs of one folder by themselves, without a catalog's word on them: the newest is the current one.
public struct FileKEKProvider: KEKProvider {
    private let keks: [KEKVersion: KEK]
    public let current: KEK

    /// Loads all versions; makes version 1 when the folder holds none.
    ///
    /// - Parameter mayCreate: false when keys exist that were wrapped under a KEK, so that a lost KEK is not replaced by
    ///   a new one that opens nothing.
    /// - Throws: `KEKError` that says what is wrong with which file and what to do.
    public init(folder: String, mayCreate: Bool) throws {
        let store = FileKEKStore(folder: KEKFolder(path: folder))
        var keks: [KEKVersion: KEK] = [:]
        var version = KEKVersion(rawValue: 1)
        var newest = mayCreate && !store.holds(version) ? try store.make(version) : try store.read(version)
        keks[version] = newest
        version = KEKVersion(rawValue: 2)
        while store.holds(version) {
            newest = try store.read(version)
            keks[version] = newest
            version = KEKVersion(rawValue: version.rawValue + 1)
        }
        self.keks = keks
        current = newest
    }

    public func kek(_ version: KEKVersion) -> KEK? {
        keks[version]
    }
}
