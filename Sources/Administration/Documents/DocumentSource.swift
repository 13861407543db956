import Foundation

/// One file of documents, read, with the PEM files that its documents name: all that parsing needs, wherever it is done.
public struct DocumentSource: Sendable, Hashable, Codable {
    /// As errors name it.
    public var name: String
    /// Nil when the file could not be read.
    public var text: String?
    /// Why it could not be read, as an error says it.
    public var problem: String?
    public var publicKeys: [PublicKeySource]

    public init(name: String, text: String? = nil, problem: String? = nil, publicKeys: [PublicKeySource] = []) {
        self.name = name
        self.text = text
        self.problem = problem
        self.publicKeys = publicKeys
    }

    private enum CodingKeys: String, CodingKey {
        case name, text, problem, publicKeys
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        text = try container.decodeIfPresent(String.self, forKey: .text)
        problem = try container.decodeIfPresent(String.self, forKey: .problem)
        publicKeys = try container.decodeIfPresent([PublicKeySource].self, forKey: .publicKeys) ?? []
    }
}

/// A PEM file that a document names.
public struct PublicKeySource: Sendable, Hashable, Codable {
    /// As the document writes it.
    public var path: String
    public var text: String?
    /// Why it could not be read; reads on after the file's name.
    public var problem: String?

    public init(path: String, text: String? = nil, problem: String? = nil) {
        self.path = path
        self.text = text
        self.problem = problem
    }
}

/// Where PEM files come from.
enum PublicKeyReading {
    /// Files beside the document, within `PublicKeyFile`'s bounds.
    case folder(URL)
    /// The same, remembered.
    case collecting(PublicKeyCollection)
    /// What came with the document; nothing else is opened.
    case sent([PublicKeySource])

    func read(_ path: String) throws(PublicKeyError) -> String {
        switch self {
        case .folder(let folder): return try PublicKeyFile.read(path, from: folder)
        case .collecting(let collection): return try collection.read(path)
        case .sent(let sources):
            guard let source = sources.first(where: { $0.path == path }) else {
                throw PublicKeyError("was not sent along; the PEM block itself may stand there instead")
            }
            guard let text = source.text else { throw PublicKeyError(source.problem ?? "was not sent along") }
            return text
        }
    }
}

/// The PEM files that one file's documents name. Owned by one call of the loader.
final class PublicKeyCollection {
    private let folder: URL
    private(set) var sources: [PublicKeySource] = []

    init(folder: URL) {
        self.folder = folder
    }

    func read(_ path: String) throws(PublicKeyError) -> String {
        do throws(PublicKeyError) {
            let text = try PublicKeyFile.read(path, from: folder)
            // A private key that was named by mistake must not travel; what refuses it needs its frame only.
            let isPrivate = text.contains("PRIVATE KEY")
            add(PublicKeySource(path: path, text: isPrivate ? "-----BEGIN PRIVATE KEY-----" : text))
            return text
        } catch {
            add(PublicKeySource(path: path, problem: error.reason))
            throw error
        }
    }

    private func add(_ source: PublicKeySource) {
        if !sources.contains(where: { $0.path == source.path }) { sources.append(source) }
    }
}
