import Foundation

/// Why a file gives no public key. Never shows what the file holds.
struct PublicKeyError: Error, Equatable {
    /// Reads on after the file's name: `is larger than 16 KiB`.
    var reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}

/// A file that a document names: read within bounds, and from the document's surroundings only.
enum PublicKeyFile {
    /// In bytes.
    static let maximumSize = 16 << 10

    /// The text of a file whose path starts from a document's folder. `../` may lead one folder up and from there into
    /// a sibling (`../Keys/sts.pub.pem`), no further, and neither may a symbolic link.
    static func read(_ path: String, from folder: URL) throws(PublicKeyError) -> String {
        guard !path.hasPrefix("/"), !path.hasPrefix("~") else {
            throw PublicKeyError("is not relative to the document")
        }
        let home = folder.standardizedFileURL.resolvingSymlinksInPath().deletingLastPathComponent().path
        let file = folder.appending(path: path).standardizedFileURL.resolvingSymlinksInPath().path
        guard file.hasPrefix(home.hasSuffix("/") ? home : home + "/") else {
            throw PublicKeyError("lies outside the folder above the document's")
        }
        do throws(BoundedFileError) {
            return try BoundedFile.read(file, limit: maximumSize)
        } catch {
            throw PublicKeyError(error.reason)
        }
    }
}
