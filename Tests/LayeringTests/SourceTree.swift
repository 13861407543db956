import Foundation

/// A Swift file of the product.
struct SourceFile {
    /// The folder under `Sources`.
    var target: String
    /// Relative to the repository.
    var path: String
    var raw: String
    var code: SourceText

    /// The lines as written, with comments.
    var rawLines: [Substring] { raw.split(separator: "\n", omittingEmptySubsequences: false) }
}

/// The repository, read once.
struct SourceTree {
    let root: URL
    let manifest: Manifest
    let files: [SourceFile]

    static let shared = Result { try SourceTree() }

    private init() throws {
        // Links are resolved: a package elsewhere may borrow this folder.
        root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        manifest = Manifest(try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8))
        files = try Self.files(under: root)
    }

    /// The folders of `Sources`.
    func targetFolders() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path).sorted()
    }

    private static func files(under root: URL) throws -> [SourceFile] {
        let sources = root.appending(path: "Sources").path
        return try FileManager.default.subpathsOfDirectory(atPath: sources).filter { $0.hasSuffix(".swift") }.sorted()
            .map { path in
                let raw = try String(contentsOfFile: sources + "/" + path, encoding: .utf8)
                let target = path.split(separator: "/").first.map(String.init) ?? ""
                return SourceFile(target: target, path: "Sources/" + path, raw: raw, code: SourceText(raw))
            }
    }
}
