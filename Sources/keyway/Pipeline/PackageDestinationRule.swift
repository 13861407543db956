import Catalog
import Foundation
import Glibc
import Jobs

/// The folders that the operator lets packages be written into.
struct PackageDestinationRule: Sendable {
    /// Absolute; none: nothing is written.
    let folders: [String]

    /// The folder as it lies on the disk.
    ///
    /// - Throws: `JobFailure` for one that is not below a folder of the configuration.
    func path(_ folder: String) throws -> String {
        let real = Self.real(folder)
        guard let allowed = folders.first(where: { Self.contains(Self.real($0), real) }) else {
            throw JobFailure(
                .packageRefused,
                "'\(folder)' does not lie in a folder that packages may be written into: 'jobs.packages' of the configuration "
                    + "names them")
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: allowed, isDirectory: &isFolder), isFolder.boolValue else {
            // It may be a disk that is not there now: made here, the package would lie on another.
            throw JobFailure(
                .packageRefused,
                "the folder '\(allowed)' that 'jobs.packages' names is not there: make it, or mount it",
                as: .storage)
        }
        return real
    }

    private static func contains(_ folder: String, _ path: String) -> Bool {
        path == folder || path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
    }

    /// With links followed: of what is not there yet, those of the folders above it.
    private static func real(_ path: String) -> String {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        guard let found = realpath(url.path, nil) else {
            guard url.path != "/" else { return "/" }
            let parent = real(url.deletingLastPathComponent().path)
            return (parent == "/" ? "" : parent) + "/" + url.lastPathComponent
        }
        defer { free(found) }
        return String(cString: found)
    }
}
