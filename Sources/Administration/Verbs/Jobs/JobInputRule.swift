import Catalog
import Foundation

/// Which files of the machine jobs may read.
public struct JobInputRule: Sendable, Hashable {
    /// Nil for all: for who sits at the machine. Else folders below which inputs must lie.
    private let folders: [String]?

    public static let anywhere = JobInputRule(folders: nil)

    public init(below folders: [String]) {
        self.init(folders: folders)
    }

    private init(folders: [String]?) {
        self.folders = folders
    }

    /// The path as the job has it.
    ///
    /// - Throws: `OperatorError` for what cannot be read, or may not. What may not be read is refused whether it is there
    ///   or not.
    func path(_ text: String) throws -> String {
        // An original is looked for when it is encoded: it may still be on its way.
        if OriginalReference(String(text.prefix { $0 != "\t" })) != nil, !text.contains("\n") { return text }
        let parts = text.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let path = parts.first, path.hasPrefix("/"), !text.contains("\n"), !text.contains("\0") else {
            throw OperatorError(
                .invalid,
                "an input is the absolute path of a file on the server, not \(text.quoted); a file of another machine is sent first "
                    + "('keyway asset file add NAME FILE'), and is asset:NAME/FILE then")
        }
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
        if let folders, !folders.contains(where: { Self.contains($0, real) }) {
            throw OperatorError(
                .notPermitted,
                "\(path.quoted) does not lie in a folder that jobs may read: 'jobs.inputs' of the server's configuration "
                    + "names them. A file may be sent first instead ('keyway asset file add'), and is asset:NAME/FILE then"
            )
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: real, isDirectory: &isFolder), !isFolder.boolValue,
            FileManager.default.isReadableFile(atPath: real)
        else { throw OperatorError(.missing, "cannot read \(path.quoted)") }
        // Where folders rule, the file that was looked at is the one that is read.
        return ([folders == nil ? path : real] + parts.dropFirst()).joined(separator: "\t")
    }

    private static func contains(_ folder: String, _ path: String) -> Bool {
        let real = URL(fileURLWithPath: folder).resolvingSymlinksInPath().standardizedFileURL.path
        return path.hasPrefix(real.hasSuffix("/") ? real : real + "/")
    }
}
