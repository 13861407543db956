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
        Self.parse(sources(paths))
    }

    /// The texts of the same files, with the PEM files that they name, so that they can be parsed elsewhere.
    public func sources(_ paths: [String]) -> [DocumentSource] {
        var sources: [DocumentSource] = []
        var seen: Set<String> = []
        for path in paths {
            for file in files(at: path, &sources) where seen.insert(resolved(file)).inserted {
                guard seen.count <= Self.maximumFiles else {
                    sources.append(DocumentSource(name: path, problem: "more than \(Self.maximumFiles) files"))
                    return sources
                }
                sources.append(source(file))
            }
        }
        return sources
    }

    /// Reads documents from texts that came with their PEM files.
    ///
    /// - Parameter keySetHosts: the hosts that published keys may be read from; nil for any.
    public static func parse(_ sources: [DocumentSource], keySetHosts: [String]? = nil) -> LoadedDocuments {
        var loaded = LoadedDocuments(documents: [], errors: [])
        for source in sources {
            if let problem = source.problem { loaded.errors.append(failure(problem, source.name)) }
            guard let text = source.text else { continue }
            let scope = DocumentScope(
                file: source.name, publicKeys: .sent(source.publicKeys), keySetHosts: keySetHosts)
            let part = parse(text, scope: scope)
            loaded.documents += part.documents
            loaded.errors += part.errors
        }
        return loaded
    }

    /// Reads documents from text.
    ///
    /// - Parameters:
    ///   - file: as errors name it.
    ///   - folder: what paths of PEM files start from.
    public static func parse(_ text: String, file: String, folder: URL) -> LoadedDocuments {
        parse(text, scope: DocumentScope(file: file, folder: folder))
    }

    static func parse(_ text: String, scope: DocumentScope) -> LoadedDocuments {
        let documents = YAMLReader.documents(in: text, scope: scope).compactMap { $0.document() }
        return LoadedDocuments(documents: documents, errors: scope.errors.sorted())
    }

    private func source(_ file: String) -> DocumentSource {
        do throws(BoundedFileError) {
            let url = url(of: file)
            let text = try BoundedFile.read(url.path, limit: YAMLReader.maximumSize)
            // A first reading, whose findings are thrown away, tells which PEM files are needed.
            let collected = PublicKeyCollection(folder: url.deletingLastPathComponent())
            _ = Self.parse(text, scope: DocumentScope(file: file, publicKeys: .collecting(collected)))
            return DocumentSource(name: file, text: text, publicKeys: collected.sources)
        } catch {
            return DocumentSource(name: file, problem: error.reason)
        }
    }

    private func files(at path: String, _ sources: inout [DocumentSource]) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url(of: path).path, isDirectory: &isFolder) else {
            sources.append(DocumentSource(name: path, problem: "does not exist"))
            return []
        }
        guard isFolder.boolValue else { return [path] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url(of: path).path)) ?? []
        let files = names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }.sorted()
        if files.isEmpty {
            sources.append(DocumentSource(name: path, problem: "no *.yaml or *.yml file in this folder"))
        }
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
