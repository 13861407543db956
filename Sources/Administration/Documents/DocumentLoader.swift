public import Foundation

/// What was read from files, and everything wrong with it. Documents are used only when there is no error.
public struct LoadedDocuments: Sendable {
    public var documents: [LocatedDocument]
    /// In the order of files and places.
    public var errors: [DocumentError]

    public init(documents: [LocatedDocument], errors: [DocumentError]) {
        self.documents = documents
        self.errors = errors
    }
}

/// Reads declarative documents from files and folders.
public struct DocumentLoader: Sendable {
    /// What relative paths start from.
    public var workingFolder: URL

    /// The most files that one call reads.
    public static let maximumFiles = 1_000

    public init(workingFolder: URL = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)) {
        self.workingFolder = workingFolder
    }

    /// Reads files as they are named, and of folders every `*.yaml` and `*.yml` directly in them, in order of name.
    /// Never throws: what cannot be read is an error in the result.
    public func load(_ paths: [String]) -> LoadedDocuments {
        var loaded = LoadedDocuments(documents: [], errors: [])
        var seen: Set<String> = []
        for path in paths {
            for file in files(at: path, &loaded.errors) where seen.insert(resolved(file)).inserted {
                guard seen.count <= Self.maximumFiles else {
                    loaded.errors.append(Self.failure("more than \(Self.maximumFiles) files", path))
                    return loaded
                }
                read(file, &loaded)
            }
        }
        return loaded
    }

    /// Reads documents from text.
    ///
    /// - Parameters:
    ///   - file: as errors name it.
    ///   - folder: what paths of PEM files start from.
    public static func parse(_ text: String, file: String, folder: URL) -> LoadedDocuments {
        let scope = DocumentScope(file: file, folder: folder)
        let documents = YAMLReader.documents(in: text, scope: scope).compactMap { $0.document() }
        return LoadedDocuments(documents: documents, errors: scope.errors.sorted())
    }

    private func read(_ file: String, _ loaded: inout LoadedDocuments) {
        do throws(BoundedFileError) {
            let url = url(of: file)
            let text = try BoundedFile.read(url.path, limit: YAMLReader.maximumSize)
            let part = Self.parse(text, file: file, folder: url.deletingLastPathComponent())
            loaded.documents += part.documents
            loaded.errors += part.errors
        } catch {
            loaded.errors.append(Self.failure(error.reason, file))
        }
    }

    private func files(at path: String, _ errors: inout [DocumentError]) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url(of: path).path, isDirectory: &isFolder) else {
            errors.append(Self.failure("does not exist", path))
            return []
        }
        guard isFolder.boolValue else { return [path] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url(of: path).path)) ?? []
        let files = names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
        if files.isEmpty { errors.append(Self.failure("no *.yaml or *.yml file in this folder", path)) }
        return files.map { path.hasSuffix("/") ? path + $0 : path + "/" + $0 }
    }

    private func url(of path: String) -> URL {
        path.hasPrefix("/") ? URL(fileURLWithPath: path) : workingFolder.appending(path: path)
    }

    private func resolved(_ path: String) -> String {
        url(of: path).standardizedFileURL.resolvingSymlinksInPath().path
    }

    private static func failure(_ message: String, _ path: String) -> DocumentError {
        DocumentError(message, at: SourcePosition(file: path, line: 1, column: 1))
    }
}
