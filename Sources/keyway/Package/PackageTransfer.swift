import AdminClient
import Administration
import AssetFiles
import Catalog
import Foundation
import KeyServer
import Packaging
import Synchronization

/// Brings the objects of a package that was listed to where they belong, a few at a time.
struct PackageTransfer: Sendable {
    private static let concurrency = 6
    /// Smaller ones are begun anew, since what was begun may be of another version: their names have none.
    private static let resumable: UInt64 = 1 << 20

    let supply: any PackageSupply
    let listing: ListPackage.Report
    let keysURL: String?
    /// Of the files' names below a SAS URL, with its slash at the end.
    var prefix = ""

    /// Whether a folder holds the package: each file with its SHA-256, and no other one.
    func isWhole(in folder: String) async throws -> Bool {
        var found: Set<String> = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            var isFolder: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder)
            if !isThere || !isFolder.boolValue { found.insert(path) }
        }
        guard found == Set(listing.objects.map(\.path)) else { return false }
        let isThere: @Sendable (PackagedPlace) async throws -> Bool = { place in
            try await isWhole("\(folder)/\(place.object.path)", place)
        }
        let whole = try await each(listing.objects, of: 0, { _, _ in }, isThere)
        return whole == listing.objects.count
    }

    /// Into a folder, which goes on with what an earlier attempt left.
    ///
    /// - Returns: how many files were there.
    func write(to folder: PackageFolder, _ progress: @escaping @Sendable (Int, Int) -> Void) async throws -> Int {
        let known = Set(listing.objects.map(\.path))
        try folder.removeOthers { known.contains($0.hasSuffix(".part") ? String($0.dropLast(5)) : $0) }
        let kept = try await each(listing.objects, of: listing.objects.count, progress) { place in
            let path = try folder.place(of: place.object.path)
            if FileManager.default.fileExists(atPath: path) {
                if try await isWhole(path, place) { return true }
                try FileManager.default.removeItem(atPath: path)
            }
            if place.object.size < Self.resumable { try? FileManager.default.removeItem(atPath: path + ".part") }
            let part = try PartialFile(path: path, size: place.object.size, permissions: 0o644)
            _ = try await supply.fetch(place, into: part)
            return false
        }
        try folder.commit()
        return kept
    }

    private func isWhole(_ path: String, _ place: PackagedPlace) async throws -> Bool {
        let file = try SourceFile(path: path)
        guard file.size == place.object.size else { return false }
        let found = try SourceDigest(of: file, pieces: false) { _ in }.whole.hexDigits
        return try await supply.digest(of: place) == found
    }

    /// Below a SAS URL: what manifests name before the manifests.
    ///
    /// - Returns: how many files were there, and whether each was seen to be given out: false where the URL does not allow
    ///   looking.
    /// - Throws: `CommandFailure` with `tryLater` for files that are not given out.
    func write(
        to target: SASClient, _ progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws -> (kept: Int, isSeen: Bool) {
        let sent = SentFiles()
        let folder = try SpoolFolder()
        let tops = Set(listing.manifests.map(\.file))
        let all = listing.objects
        let others = all.count - tops.count
        let isThere: @Sendable (PackagedPlace) async throws -> Bool = { place in
            guard let digest = try await put(place, target, folder) else { return true }
            sent.digests.withLock { $0[prefix + place.object.path] = digest }
            return false
        }
        let kept = try await each(all.filter { !tops.contains($0.path) }, of: all.count, progress) {
            try await isThere($0)
        }
        let last: @Sendable (Int, Int) -> Void = { progress(others + $0, $1) }
        let keptLast = try await each(all.filter { tops.contains($0.path) }, of: all.count, last, isThere)
        return (kept + keptLast, try await look(at: sent.digests.withLock { $0 }, target))
    }

    /// How long no file may come out of its checks, with others waiting.
    private static let longestCheck = Duration.seconds(120)
    private static let lookInterval = Duration.milliseconds(500)

    /// Waits until each file that was put is given out: before that its store may check it, and what is refused is never given
    /// out.
    ///
    /// - Parameter sent: SHA-256 in hexadecimal digits, by name.
    /// - Returns: false where the URL does not allow looking.
    private func look(at sent: [String: String], _ target: SASClient) async throws -> Bool {
        var waiting = sent
        var last = ContinuousClock.now
        while !waiting.isEmpty {
            let (found, expected) = (SentFiles(), waiting)
            let objects = listing.objects.filter { expected[prefix + $0.path] != nil }
            let look: @Sendable (PackagedPlace) async throws -> Bool = { place in
                let name = prefix + place.object.path
                switch try await target.look(at: name) {
                // A store that says no hash has said that it took the file.
                case .file(let digest) where digest == nil || digest == expected[name]:
                    found.digests.withLock { $0[name] = expected[name] }
                case .file: throw Self.inTheWay(name)
                case .hidden: found.isHidden.withLock { $0 = true }
                case .nothing: break
                }
                return false
            }
            _ = try await each(objects, of: 0, { _, _ in }, look)
            guard !found.isHidden.withLock({ $0 }) else { return false }
            let out = found.digests.withLock { $0 }
            if !out.isEmpty { last = .now }
            for name in out.keys { waiting[name] = nil }
            guard !waiting.isEmpty else { break }
            guard ContinuousClock.now - last < Self.longestCheck else { throw Self.notGivenOut(waiting.keys.sorted()) }
            try await Task.sleep(for: Self.lookInterval)
        }
        return true
    }

    private static func notGivenOut(_ names: [String]) -> CommandFailure {
        let listed = names.prefix(20).map { "  \($0)" }
        let more = names.count > 20 ? ["  and \(names.count - 20) more"] : []
        return CommandFailure(
            .tryLater,
            ([CountText.text(names.count, "file lies", "files lie") + " below the SAS URL, not given out:"] + listed
                + more + [
                    "they are still being checked, wait for a review, or were rejected: 'keyway asset file list' says which; "
                        + "when they are out, or were removed, run the command again"
                ]).joined(separator: "\n"))
    }

    /// - Returns: its SHA-256 in hexadecimal digits; nil when it was there.
    private func put(_ place: PackagedPlace, _ target: SASClient, _ folder: SpoolFolder) async throws -> String? {
        let name = prefix + place.object.path
        if case .file(let digest?) = try await target.look(at: name) {
            if try await supply.digest(of: place) == digest { return nil }
            throw Self.inTheWay(name)
        }
        let path = folder.newPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let digest = try await supply.fetch(place, into: PartialFile(path: path, size: place.object.size))
        let source = try SourceFile(path: path)
        // A file that is in the way may be what this process has put and heard no answer to, on its way in or out.
        for attempt in 0..<Self.patience {
            let isPut = try await target.put(name, contentType: Self.contentType(name), size: source.size) {
                source.bytes(in: 0..<source.size)
            }
            if isPut { return digest }
            switch try await target.look(at: name) {
            case .file(let found) where found == digest: return digest
            case .file: throw Self.inTheWay(name)
            case .hidden where attempt >= Self.blindPatience:
                throw OperatorError(
                    .exists,
                    "there is a '\(name)' below the SAS URL, which does not allow reading it: whether it is the same "
                        + "cannot be told; remove it, or give a URL that may read, too")
            case .hidden, .nothing: try await Task.sleep(for: .milliseconds(200))
            }
        }
        // An earlier attempt's, still being checked: whether it is the same is seen when it comes out.
        return digest
    }

    /// So often a file that is in the way is looked at, and where it may not be looked at.
    private static let (patience, blindPatience) = (100, 10)

    private static func inTheWay(_ name: String) -> OperatorError {
        OperatorError(.exists, "there is another '\(name)' below the SAS URL: remove it, or give another place")
    }

    private func each(
        _ objects: [ListPackage.Object], of total: Int, _ progress: @escaping @Sendable (Int, Int) -> Void,
        _ body: @escaping @Sendable (PackagedPlace) async throws -> Bool
    ) async throws -> Int {
        var waiting = objects[...]
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            func start() {
                guard let object = waiting.popFirst() else { return }
                let place = PackagedPlace(
                    object: object, asset: listing.asset, locator: listing.locator, keysURL: keysURL)
                group.addTask { try await body(place) }
            }
            for _ in 0..<Self.concurrency { start() }
            var (done, kept) = (0, 0)
            while let wasThere = try await group.next() {
                done += 1
                kept += wasThere ? 1 : 0
                progress(done, total)
                start()
            }
            return kept
        }
    }

    /// As the origin says it of the same files.
    private static func contentType(_ path: String) -> String {
        switch path.split(separator: ".").last {
        case "m3u8": "application/vnd.apple.mpegurl"
        case "mpd": "application/dash+xml"
        case "mp4", "m4s": "video/mp4"
        case "ts": "video/mp2t"
        case "vtt": "text/vtt"
        case "jpg": "image/jpeg"
        case "aac": "audio/aac"
        default: "application/octet-stream"
        }
    }
}

/// What several tasks have put below a SAS URL, or seen there.
private final class SentFiles: Sendable {
    /// SHA-256 in hexadecimal digits, by name.
    let digests = Mutex<[String: String]>([:])
    let isHidden = Mutex(false)
}
