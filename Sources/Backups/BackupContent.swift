import Catalog
import Foundation

/// The lines of a `content.jsonl` or an `originals.jsonl`, read one at a time. Owned by one task.
final class ContentLines<Line: BackedUpLine> {
    /// More than any version's files need.
    private static var longestLine: Int { 1 << 20 }

    private let path: String
    private let handle: FileHandle
    private var rest = Data()
    private var isAtEnd = false
    private var last: Line.Place?
    private var ahead: Line?

    init(_ path: String) throws(BackupError) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw BackupError(.missing, "'\(path)' is missing: it is no backup, or a part of one")
        }
        self.path = path
        self.handle = handle
    }

    /// A line as it is written.
    ///
    /// - Throws: `BackupError` for one that could not be read again.
    static func text(_ line: Line) throws -> Data {
        let text = try BackupJSON.encode(line)
        guard text.count <= longestLine else {
            throw BackupError(.incomplete, "a \(Line.what) has too many files to be backed up: \(line.place)")
        }
        return text + Data("\n".utf8)
    }

    /// The next line; nil at the end.
    func next() throws(BackupError) -> Line? {
        if let line = ahead {
            ahead = nil
            return line
        }
        guard let line = try line() else { return nil }
        guard let found = try? BackupJSON.decode(Line.self, line), found.isSound,
            last.map({ $0 < found.place }) ?? true
        else { throw BackupError(.damaged, "'\(path)' holds a line that is no \(Line.what)") }
        last = found.place
        return found
    }

    /// The line at a place, where the places that are asked for only grow.
    func line(at place: Line.Place) throws(BackupError) -> Line? {
        while let line = try next() {
            if line.place == place { return line }
            if place < line.place {
                ahead = line
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
