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
    let folder: String
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
                    stored.remove(Place(asset: asset.name, version: number))
                    count += 1
                    for track in version.tracks {
                        look(at: track, "\(asset.name)/v\(number)", &missing, &sizes, &indexes)
                    }
                }
            }
            guard let last = assets.last else { break }
            page.after = last.name
        }
        let restore = "bring the files back from a backup, or encode the asset anew"
        var findings =
            Finding.listed(Self.check, .error, "stored files are missing", missing, restore)
            + Finding.listed(Self.check, .error, "stored files have another size than they should", sizes, restore)
            + Finding.listed(Self.check, .error, "indexes are not what the catalog knows", indexes, restore)
        findings += Finding.listed(
            "orphans", .warning, "stored versions are not in the catalog", stored.map(\.text).sorted(),
            "the next worker removes them; if they should be there, stop the workers and look for a newer catalog first"
        )
        findings += Finding.listed(
            "staging", .warning, "things were left in staging", leftovers(), "the next worker that starts removes them")
        return findings.isEmpty
            ? [.ok(Self.check, "\(count) asset versions are stored as the catalog knows them")] : findings
    }

    private struct Place: Hashable {
        var asset: String
        var version: Int

        var text: String { "\(asset)/v\(version)" }
    }

    private func entries(_ path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(path)"))?.sorted() ?? []
    }

    private func storedVersions() throws -> Set<Place> {
        var places: Set<Place> = []
        for asset in entries("assets") {
            for name in entries("assets/\(asset)") where name.hasPrefix("v") {
                if let version = Int(name.dropFirst()) { places.insert(Place(asset: asset, version: version)) }
            }
        }
        return places
    }

    private func look(
        at track: TrackRecord, _ version: String, _ missing: inout [String], _ sizes: inout [String],
        _ indexes: inout [String]
    ) {
        let media = "\(version)/\(track.mediaFile)"
        switch size(of: media) {
        case nil: missing.append(media)
        case track.mediaSize: break
        case let size?: sizes.append("\(media) (\(size) instead of \(track.mediaSize) bytes)")
        }
        let index = "\(version)/\(track.indexFile)"
        guard size(of: index) != nil else { return missing.append(index) }
        if digest(of: index) != track.indexDigest { indexes.append(index) }
    }

    private func size(of file: String) -> UInt64? {
        var facts = stat()
        guard lstat("\(folder)/assets/\(file)", &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
        return UInt64(clamping: facts.st_size)
    }

    private func digest(of file: String) -> [UInt8]? {
        guard let handle = FileHandle(forReadingAtPath: "\(folder)/assets/\(file)"), let hash = try? SHA256Accumulator()
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
        entries("staging").filter { name in
            let own = age("staging/\(name)")
            let inner = entries("staging/\(name)").map { age("staging/\(name)/\($0)") }
            return ([own] + inner).allSatisfy { $0 > Self.leftoverAge }
        }
    }

    private func age(_ path: String) -> TimeInterval {
        var facts = stat()
        guard lstat("\(folder)/\(path)", &facts) == 0 else { return 0 }
        return now.timeIntervalSince1970 - TimeInterval(facts.st_mtim.tv_sec)
    }
}
