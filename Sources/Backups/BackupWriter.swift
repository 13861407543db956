public import Catalog
public import ContentKeys
import Cryptography
public import Foundation
public import MediaStorage

/// What a backup is to be.
public struct BackupRequest: Sendable {
    /// The folder, which must not be there.
    public var target: String
    /// Whether media files are copied, too.
    public var media: Bool
    /// An earlier backup with media, whose files are linked where they are unchanged.
    public var base: String?
    /// The program's version.
    public var program: String
    /// The names of the configuration fields that are set.
    public var configuration: [String]
    public var id: String
    public var taken: Date

    public init(
        target: String, media: Bool, base: String?, program: String, configuration: [String], id: String, taken: Date
    ) {
        self.target = target
        self.media = media
        self.base = base
        self.program = program
        self.configuration = configuration
        self.id = id
        self.taken = taken
    }
}

/// What was backed up.
public struct BackupOutcome: Sendable {
    public var manifest: BackupManifest
    /// Versions and originals whose files were linked from the base, or were there from an attempt that was interrupted.
    public var unchanged = 0
    /// Files that are not as the catalog knows them: the backup has them as they are, or not at all.
    public var defects: [FileDefect] = []

    public init(manifest: BackupManifest, unchanged: Int = 0, defects: [FileDefect] = []) {
        self.manifest = manifest
        self.unchanged = unchanged
        self.defects = defects
    }
}

/// Gives the key that an original is stored under; nil for one in the clear.
public typealias OriginalKey = (AssetFileRecord) async throws -> ContentKey?

/// Makes a backup of a data folder that is in use.
///
/// Everything is written into `TARGET.part`, which becomes `TARGET` by one rename when it is complete. The catalog is copied
/// first and says which versions there are; a version's files never change, so that they may be copied after. What an attempt
/// that was interrupted copied of them is not copied again.
public struct BackupWriter {
    private static let pageSize = 1000
    /// What a backup that is being made is named, before it has its own name.
    private static let suffix = ".part"
    /// In the folder of a backup that is being made, until it is complete.
    private static let markerFile = "unfinished"

    private let request: BackupRequest
    private let catalogPath: String
    private let files: any CatalogFiles
    private let live: any CatalogEngine
    private let storage: any MediaStorage
    private let key: OriginalKey
    private let part: String
    private var outcome: BackupOutcome
    private var base: ContentLines<BackedUpVersion>?
    private var baseOriginals: ContentLines<BackedUpOriginal>?
    private var baseMedia = ""
    private var copies: FileSystemMediaStorage?

    /// - Parameters:
    ///   - catalogPath: the file of `live`.
    ///   - key: gives the keys that originals are stored under, to hold them against their tags; nil for those in the clear.
    ///   - progress: is told how many versions and originals are done.
    public static func run(
        _ request: BackupRequest, catalogPath: String, files: any CatalogFiles, live: any CatalogEngine,
        storage: any MediaStorage,
        key: @escaping OriginalKey,
        progress: (Int) -> Void = { _ in }
    ) async throws -> BackupOutcome {
        do {
            var writer = BackupWriter(request, catalogPath, files, live, storage, key)
            try await writer.write(progress)
            return writer.outcome
        } catch let error as CatalogError {
            throw error
        } catch {
            throw BackupError.of(error)
        }
    }

    private init(
        _ request: BackupRequest, _ catalogPath: String, _ files: any CatalogFiles, _ live: any CatalogEngine,
        _ storage: any MediaStorage, _ key: @escaping OriginalKey
    ) {
        self.request = request
        self.catalogPath = catalogPath
        self.files = files
        self.live = live
        self.storage = storage
        self.key = key
        part = request.target + Self.suffix
        outcome = BackupOutcome(
            manifest: BackupManifest(
                format: BackupManifest.currentFormat, id: request.id, taken: request.taken, program: request.program,
                keks: [], audit: .init(record: 0), configuration: request.configuration, hasMedia: request.media,
                assets: 0, versions: 0, originals: 0, files: 0, bytes: 0))
    }

    private mutating func write(_ progress: (Int) -> Void) async throws {
        guard !request.target.lowercased().hasSuffix(Self.suffix) else {
            throw BackupError(
                .occupied,
                "'\(request.target)' cannot name a backup: names that end in '\(Self.suffix)' are those of unfinished ones"
            )
        }
        guard !BackupFiles.exists(request.target) else {
            throw BackupError(.occupied, "'\(request.target)' is there already: a backup never replaces anything")
        }
        try openBase()
        try BackupFiles.makeFolder(part)
        let lock = try FolderLock(part)
        defer { withExtendedLifetime(lock) {} }
        try begin()
        if request.media {
            try BackupFiles.makeFolder("\(part)/done")
            copies = try FileSystemMediaStorage(root: "\(part)/media")
            try removeUndone()
        }
        let originals = OriginalsWriter(
            part: part, storage: storage, live: live, isCopying: request.media, base: baseOriginals,
            baseMedia: baseMedia, key: key)
        if request.media { try originals.removeUndone() }
        let snapshot = "\(part)/\(BackupFolder.catalogFile)"
        try files.copy(catalogPath, to: snapshot)
        let catalog = try files.read(snapshot)
        try await describe(catalog)
        try await writeContent(catalog, progress)
        try await writeOriginals(catalog, originals, progress)
        if request.media { try originals.removeForgotten() }
        try complete()
    }

    /// Goes on with what an attempt that was interrupted left, or marks the folder as its own.
    private func begin() throws {
        let entries = try BackupFiles.entries(part)
        // One that was interrupted at its very end has its sums already.
        guard entries.isEmpty || entries.contains(Self.markerFile) else {
            throw BackupError(
                .occupied,
                "'\(part)' is no backup that was interrupted: give it another name when it is a complete one, else remove it"
            )
        }
        if entries.isEmpty { try BackupFiles.write(Data(), to: "\(part)/\(Self.markerFile)") }
        for name in entries where !["media", "done", Self.markerFile].contains(name) {
            try BackupFiles.remove("\(part)/\(name)")
        }
    }

    private mutating func openBase() throws {
        guard request.media, let base = request.base else { return }
        let folder = try BackupFolder(base)
        guard folder.manifest.hasMedia else {
            throw BackupError(.missing, "the backup '\(base)' has no media: it cannot be a base")
        }
        self.base = try ContentLines(folder.content)
        baseOriginals = try folder.originals.map { try ContentLines($0) }
        baseMedia = folder.media
    }

    private mutating func describe(_ catalog: any CatalogEngine) async throws {
        let needed = Set(try await catalog.kekUsage().map(\.version))
        let versions = try await catalog.kekVersions()
        outcome.manifest.keks = versions.map { record in
            BackupManifest.KEK(
                version: Int(record.version.rawValue), provider: record.provider.rawValue,
                proof: Hex.text(record.proof),
                isNeeded: needed.contains(record.version) || record.version == versions.last?.version,
                retired: record.retired)
        }
        let last = try await catalog.lastAuditSequence()
        let record = try await catalog.auditRecords(after: last - 1, limit: 1).first
        outcome.manifest.audit = .init(record: last, hash: record.map { Hex.text($0.hash) })
    }

    private mutating func writeContent(_ catalog: any CatalogEngine, _ progress: (Int) -> Void) async throws {
        let content = try NewFile("\(part)/\(BackupFolder.contentFile)")
        var page = Page(limit: Self.pageSize)
        while true {
            let assets = try await catalog.assets(page)
            for asset in assets {
                outcome.manifest.assets += 1
                for number in try await catalog.assetVersions(asset: asset.name) {
                    guard let record = try await catalog.assetVersion(asset: asset.name, number: number) else {
                        continue
                    }
                    let files = try VersionFiles(record, of: asset)
                    guard let line = try await back(up: files) else { continue }
                    outcome.manifest.versions += 1
                    outcome.manifest.files += line.files.count
                    outcome.manifest.bytes += line.files.reduce(0) { $0 + ($1.size ?? 0) }
                    try content.append(try ContentLines.text(line))
                    progress(outcome.manifest.versions)
                }
            }
            guard let last = assets.last else { break }
            page.after = last.name
        }
        try content.close()
    }

    /// Originals that have arrived whole, whatever their state. What is arriving begins anew after a restoration.
    private mutating func writeOriginals(
        _ catalog: any CatalogEngine, _ writer: OriginalsWriter, _ progress: (Int) -> Void
    ) async throws {
        let content = try NewFile("\(part)/\(BackupFolder.originalsFile)")
        var page = Page(limit: Self.pageSize)
        var count = 0
        while true {
            let assets = try await catalog.assets(page)
            for asset in assets {
                for file in try await catalog.assetFiles(asset: asset.name) where file.state != .uploading {
                    guard try await back(up: file, writer, content) else { continue }
                    count += 1
                    progress(outcome.manifest.versions + count)
                }
            }
            guard let last = assets.last else { break }
            page.after = last.name
        }
        outcome.manifest.originals = count
        try content.close()
    }

    /// - Returns: whether it is in the backup: not when it was deleted while the backup was made.
    private mutating func back(
        up file: AssetFileRecord, _ writer: OriginalsWriter, _ content: NewFile
    ) async throws -> Bool {
        try Task.checkCancellation()
        var isUnchanged = true
        let key = await writer.key(of: file, &outcome.defects)
        for range in OriginalsWriter.ranges(of: file) {
            guard let (line, isNew) = try await writer.back(up: file, range, key, &outcome.defects) else {
                return false
            }
            if isNew { isUnchanged = false }
            outcome.manifest.files += line.files.count
            outcome.manifest.bytes += line.files.reduce(0) { $0 + ($1.size ?? 0) }
            try content.append(try ContentLines.text(line))
        }
        if isUnchanged { outcome.unchanged += 1 }
        return true
    }

    /// - Returns: the version's line; nil when the version was deleted while the backup was made.
    private mutating func back(up files: VersionFiles) async throws -> BackedUpVersion? {
        try Task.checkCancellation()
        if let line = try done(files) { return line }
        let known = outcome.defects.count
        let line = try linked(files) ?? copied(files)
        guard outcome.defects.count == known else {
            let isThere = try await live.assetVersion(asset: line.asset, number: line.version) != nil
            if !isThere { outcome.defects.removeLast(outcome.defects.count - known) }
            return isThere ? line : nil
        }
        try note(line)
        return line
    }

    /// What an attempt that was interrupted has copied.
    private mutating func done(_ files: VersionFiles) throws -> BackedUpVersion? {
        guard request.media, let data = try? BackupFiles.contents(donePath(files.place), limit: 1 << 20),
            let line = try? BackupJSON.decode(BackedUpVersion.self, data)
        else { return nil }
        guard line.identity == files.identity, BackupFiles.isFolder(folder(files.place)) else {
            try BackupFiles.remove(donePath(files.place))
            try BackupFiles.remove(folder(files.place))
            return nil
        }
        outcome.unchanged += 1
        return line
    }

    private mutating func linked(_ files: VersionFiles) throws -> BackedUpVersion? {
        guard let old = try base?.line(at: files.place), old.identity == files.identity,
            old.files.allSatisfy({ $0.sha256 != nil && $0.isDamaged == nil }),
            LinkedVersion.link(old.files.map(\.name), files.place, from: baseMedia, to: "\(part)/media")
        else { return nil }
        outcome.unchanged += 1
        return old
    }

    private mutating func copied(_ files: VersionFiles) throws -> BackedUpVersion {
        var line = BackedUpVersion(
            asset: files.record.asset, version: files.record.number, identity: files.identity, files: [])
        let staged = try copies?.stage(in: nil)
        defer { staged?.discard() }
        for name in try files.names(in: storage) {
            guard let reader = try files.reader(of: name, in: storage) else {
                outcome.defects.append(FileDefect(files.place, name, "it is missing"))
                line.files.append(.init(name: name))
                continue
            }
            var digest: String?
            if let writer = try staged?.create(name) {
                digest = try StoredCopy.run(reader, to: writer)
                try writer.close()
            }
            let reason = files.defect(of: name, size: reader.size, digest: digest)
            if let reason { outcome.defects.append(FileDefect(files.place, name, reason)) }
            line.files.append(
                .init(name: name, size: reader.size, sha256: digest, isDamaged: reason == nil ? nil : true))
        }
        if line.files.contains(where: { $0.size != nil }) {
            try staged?.commit(asset: line.asset, version: line.version)
        }
        return line
    }

    private func note(_ line: BackedUpVersion) throws {
        guard request.media else { return }
        let path = donePath(line.place)
        try BackupFiles.remove(path + ".new")
        try BackupFiles.write(try BackupJSON.encode(line), to: path + ".new")
        try BackupFiles.rename(path + ".new", to: path)
    }

    /// Versions that were copied and not noted may be those of an asset that is another one now.
    private func removeUndone() throws {
        try LinkedVersion.removeAll(in: "\(part)/media") { !BackupFiles.exists(donePath($0)) }
    }

    private func donePath(_ place: BackedUpPlace) -> String { "\(part)/done/\(place.asset)=\(place.version)" }
    private func folder(_ place: BackedUpPlace) -> String { LinkedVersion.folder("\(part)/media", place) }

    private func complete() throws {
        try removeForgotten()
        try BackupFiles.remove("\(part)/done")
        try BackupFiles.remove("\(part)/media/staging")
        let manifest = try BackupJSON.encode(outcome.manifest, pretty: true) + Data("\n".utf8)
        try BackupFiles.write(manifest, to: "\(part)/\(BackupFolder.manifestFile)")
        var sums = ""
        for file in [
            BackupFolder.manifestFile, BackupFolder.catalogFile, BackupFolder.contentFile, BackupFolder.originalsFile,
        ] {
            sums += "\(try BackupFiles.digest("\(part)/\(file)"))  \(file)\n"
        }
        let sumsPath = "\(part)/\(BackupFolder.sumsFile)"
        try BackupFiles.write(Data(sums.utf8), to: sumsPath + ".new")
        try BackupFiles.synchronizeAll(of: part)
        guard !BackupFiles.exists(request.target) else {
            throw BackupError(
                .occupied, "'\(request.target)' came to be meanwhile: remove it, and run the command again")
        }
        try BackupFiles.rename(sumsPath + ".new", to: sumsPath)
        try BackupFiles.synchronize(part)
        // The mark goes last: whatever has this name can be gone on with until it has the other. There it says nothing.
        try BackupFiles.rename(part, to: request.target)
        try BackupFiles.synchronize(PathText.folder(of: request.target))
        try BackupFiles.remove("\(request.target)/\(Self.markerFile)")
        try BackupFiles.synchronize(request.target)
    }

    /// Versions that an interrupted attempt copied, and that were deleted since.
    private func removeForgotten() throws {
        guard request.media else { return }
        let lines = try ContentLines<BackedUpVersion>("\(part)/\(BackupFolder.contentFile)")
        var known: [String: Set<Int>] = [:]
        while let line = try lines.next() { known[line.asset, default: []].insert(line.version) }
        try LinkedVersion.removeAll(in: "\(part)/media") { known[$0.asset]?.contains($0.version) != true }
    }
}
