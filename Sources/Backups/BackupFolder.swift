import Foundation

/// A backup that is complete.
///
/// `manifest.json` says what it is, `catalog.sqlite` is the catalog, `content.jsonl` has a line for each version of an asset
/// and `originals.jsonl` one for each original, `media/` the files where they were asked for, and `SHA256SUMS` covers the
/// first four in the form of sha256sum(1).
public struct BackupFolder: Sendable {
    static let manifestFile = "manifest.json"
    static let catalogFile = "catalog.sqlite"
    static let contentFile = "content.jsonl"
    static let originalsFile = "originals.jsonl"
    static let sumsFile = "SHA256SUMS"
    private static let largestManifest = 1 << 20

    public let path: String
    public let manifest: BackupManifest
    let sums: [String: String]

    var catalog: String { "\(path)/\(Self.catalogFile)" }
    var content: String { "\(path)/\(Self.contentFile)" }
    /// Nil in a backup of form 1.
    var originals: String? { manifest.originals == nil ? nil : "\(path)/\(Self.originalsFile)" }
    var media: String { "\(path)/media" }

    /// Opens a backup, and checks what it says of itself: all but the catalog, which is checked while it is copied, and media.
    ///
    /// - Throws: `BackupError`.
    public init(_ path: String) throws {
        self.path = path
        guard BackupFiles.isFolder(path) else {
            let isHalf = BackupFiles.exists(path + ".part")
            throw BackupError(
                .missing, isHalf ? "'\(path).part' is a backup that was not finished" : "there is no backup '\(path)'")
        }
        let text = try BackupFiles.contents("\(path)/\(Self.sumsFile)", limit: 4096)
        sums = try Self.sums(String(decoding: text, as: UTF8.self), path)
        let data = try BackupFiles.contents("\(path)/\(Self.manifestFile)", limit: Self.largestManifest)
        // The form first: what a newer one holds otherwise is its own.
        struct Form: Decodable { var format: Int }
        guard let form = try? BackupJSON.decode(Form.self, data) else {
            throw BackupError(.damaged, "'\(path)/\(Self.manifestFile)' is not the manifest of a backup")
        }
        guard form.format <= BackupManifest.currentFormat else {
            throw BackupError(
                .newer, "'\(path)' is a backup of form \(form.format), of a newer program: restore it with that one")
        }
        guard let manifest = try? BackupJSON.decode(BackupManifest.self, data) else {
            throw BackupError(.damaged, "'\(path)/\(Self.manifestFile)' is not the manifest of a backup")
        }
        self.manifest = manifest
        for file in [Self.manifestFile, Self.contentFile] + (manifest.originals == nil ? [] : [Self.originalsFile]) {
            try requireSum(of: file, try BackupFiles.digest("\(path)/\(file)"))
        }
    }

    func requireSum(of file: String, _ digest: String) throws(BackupError) {
        guard sums[file] == digest else {
            throw BackupError(
                .damaged, "'\(path)/\(file)' is not what was written (SHA-256 \(digest)): take another backup")
        }
    }

    /// The lines of `SHA256SUMS`.
    private static func sums(_ text: String, _ path: String) throws(BackupError) -> [String: String] {
        var sums: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.components(separatedBy: "  ")
            guard parts.count == 2, parts[0].utf8.count == 64 else {
                throw BackupError(.damaged, "'\(path)/\(sumsFile)' is not a list of checksums")
            }
            sums[parts[1]] = parts[0]
        }
        return sums
    }
}
