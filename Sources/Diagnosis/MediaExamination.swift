import Catalog
import Cryptography
import Foundation
import Glibc

/// The stored files against the catalog: missing, of another size, with another index, not known, and left over.
struct MediaExamination {
    private static let check = "media"
    /// In seconds: what was written in staging later than this may still be in work.
    private static let leftoverAge: TimeInterval = 3600
    private static let pageSize = 500

    let catalog: any CatalogEngine
    /// Of the default account.
    let folder: String
    /// The folders of the other accounts that can be used. What lies in others is not looked at.
    let accounts: [String: String]
    let now: Date

    func run() async throws -> [Finding] {
        // The folders first: what comes to be meanwhile is in the catalog then.
        var stored = try storedVersions()
        var (missing, sizes, indexes): ([String], [String], [String]) = ([], [], [])
        var count = 0
        var page = Page(limit: Self.pageSize)
        while true {
            let assets = try await catalog.assets(page)
            for asset in assets {
                for number in try await catalog.assetVersions(asset: asset.name) {
                    guard let version = try await catalog.assetVersion(asset: asset.name, number: number) else {
                        continue
                    }
                    let account = version.storageAccount
                    stored.remove(Place(account: account, asset: asset.name, version: number))
                    guard let root = folder(of: account) else { continue }
                    count += 1
                    for track in version.tracks {
                        look(at: track, "\(asset.name)/v\(number)", root, &missing, &sizes, &indexes)
                    }
                }
            }
            guard let last = assets.last else { break }
            page.after = last.name
        }
        let restore = "bring the files back from a backup, or encode the asset anew"
        var findings =
            Finding.listed(Self.check, .error, ("stored file is missing", "stored files are missing"), missing, restore)
            + Finding.listed(
                Self.check, .error,
                ("stored file has another size than it should", "stored files have another size than they should"),
                sizes,
                restore)
            + Finding.listed(
                Self.check, .error,
                ("index is not what the catalog knows", "indexes are not what the catalog knows"), indexes, restore)
        findings += Finding.listed(
            "orphans", .warning, ("stored version is not in the catalog", "stored versions are not in the catalog"),
            stored.map(\.text).sorted(),
            "the next worker removes them; if they should be there, stop the workers and look for a newer catalog first"
        )
        findings += Finding.listed(
            "staging", .warning, ("thing was left in staging", "things were left in staging"), leftovers(),
            "the next worker that starts removes them")
        return findings.isEmpty
            ? [
                .ok(
                    Self.check,
                    CountText.text(count, "asset version is", "asset versions are") + " stored as the catalog has it")
            ] : findings
    }

    private func folder(of account: String?) -> String? { account.map { accounts[$0] } ?? folder }

    private var folders: [(account: String?, root: String)] {
        [(nil, folder)] + accounts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private struct Place: Hashable {
        var account: String?
        var asset: String
        var version: Int

        var text: String { (account.map { "\($0): " } ?? "") + "\(asset)/v\(version)" }
    }

    private func entries(_ path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
    }

    private func storedVersions() throws -> Set<Place> {
        var places: Set<Place> = []
        for (account, root) in folders {
            for asset in entries("\(root)/assets") {
                for name in entries("\(root)/assets/\(asset)") where name.hasPrefix("v") {
                    guard let version = Int(name.dropFirst()) else { continue }
                    places.insert(Place(account: account, asset: asset, version: version))
                }
            }
        }
        return places
    }

    private func look(
        at track: TrackRecord, _ version: String, _ root: String, _ missing: inout [String], _ sizes: inout [String],
        _ indexes: inout [String]
    ) {
        let media = "\(version)/\(track.mediaFile)"
        switch size(of: "\(root)/assets/\(media)") {
        case nil: missing.append(media)
        case track.mediaSize: break
        case let size?: sizes.append("\(media) (\(size) instead of \(track.mediaSize) bytes)")
        }
        let index = "\(version)/\(track.indexFile)"
        guard size(of: "\(root)/assets/\(index)") != nil else { return missing.append(index) }
        if digest(of: "\(root)/assets/\(index)") != track.indexDigest { indexes.append(index) }
    }

    private func size(of file: String) -> UInt64? {
        var facts = stat()
        guard lstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return UInt64(clamping: facts.st_size)
    }

    private func digest(of file: String) -> [UInt8]? {
        guard let handle = FileHandle(forReadingAtPath: file), let hash = try? SHA256Accumulator()
        else { return nil }
        do {
            while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
                try piece.withUnsafeBytes { try hash.update($0) }
            }
            return try hash.finish()
        } catch {
            return nil
        }
    }

    private func leftovers() -> [String] {
        folders.flatMap { _, root in
            let staging = "\(root)/staging"
            return entries(staging).filter { name in
                let own = age("\(staging)/\(name)")
                let inner = entries("\(staging)/\(name)").map { age("\(staging)/\(name)/\($0)") }
                return ([own] + inner).allSatisfy { $0 > Self.leftoverAge }
            }
        }
    }

    private func age(_ path: String) -> TimeInterval {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return 0 }
        return now.timeIntervalSince1970 - TimeInterval(facts.st_mtim.tv_sec)
    }
}
