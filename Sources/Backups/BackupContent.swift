import Catalog
import Foundation

/// The lines of a `content.jsonl`, read one at a time. Owned by one task.
final class ContentLines {
    /// More than any version's files need.
    private static let longestLine = 1 << 20

    private let path: String
    private let handle: FileHandle
    private var rest = Data()
    private var isAtEnd = false
    private var last: BackedUpPlace?
    private var ahead: BackedUpVersion?

    init(_ path: String) throws(BackupError) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw BackupError(.missing, "'\(path)' is missing: it is no backup, or a part of one")
        }
        self.path = path
        self.handle = handle
    }

    /// The next version; nil at the end.
    func next() throws(BackupError) -> BackedUpVersion? {
        if let line = ahead {
            ahead = nil
            return line
        }
        guard let line = try line() else { return nil }
        guard let version = try? BackupJSON.decode(BackedUpVersion.self, line), version.version > 0,
            // They become paths.
            AssetRecord.isName(version.asset), version.files.allSatisfy({ AssetRecord.isName($0.name) }),
            last.map({ $0 < version.place }) ?? true
        else { throw BackupError(.damaged, "'\(path)' holds a line that is no version of an asset") }
        last = version.place
        return version
    }

    /// The version at a place, where the places that are asked for only grow.
    func version(at place: BackedUpPlace) throws(BackupError) -> BackedUpVersion? {
        while let version = try next() {
            if version.place == place { return version }
            if place < version.place {
                ahead = version
                return nil
            }
        }
        return nil
    }

    private func line() throws(BackupError) -> Data? {
        while true {
            if let end = rest.firstIndex(of: 0x0A) {
                let line = rest[..<end]
                rest = rest[(end + 1)...]
                return Data(line)
            }
            guard !isAtEnd else {
                guard rest.isEmpty else { throw BackupError(.damaged, "'\(path)' ends in the middle of a line") }
                return nil
            }
            guard rest.count <= Self.longestLine, let piece = try? handle.read(upToCount: 1 << 16) ?? Data() else {
                throw BackupError(.damaged, "'\(path)' cannot be read, or has a line that is too long")
            }
            isAtEnd = piece.isEmpty
            rest = Data(rest) + piece
        }
    }
}
