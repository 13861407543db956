public import AzureImport
import ContentKeys
import Foundation

/// Takes over policies, secrets and content keys that Azure Media Services exported: all of them or nothing. Whoever has the
/// files reads them, and names them as findings shall.
public struct ImportAzureExports: OperatorVerb {
    /// One file of exports, read.
    public struct File: Codable, Sendable {
        /// As findings name it.
        public var name: String
        /// In base64; nil when the file could not be read.
        public var content: String?
        /// Why it could not be read.
        public var problem: String?
        /// Of what could not be read, whether it may hold something that restricts what could: then nothing is imported.
        /// It may when absent.
        public var mayBeExport: Bool?

        public init(_ source: ExportSource) {
            name = source.name
            content = source.bytes?.withUnsafeBytes { Data($0).base64EncodedString() }
            problem = source.problem
            mayBeExport = source.mayBeExport ? nil : false
        }
    }

    public var files: [File]
    /// Stands before the name of everything that is made.
    public var prefix: String?
    /// Whether only to say what would be made.
    public var dryRun: Bool?
    /// Whether nothing is made when anything is missing that was in the exports.
    public var strict: Bool?

    /// Of all files together, in bytes: what one request carries.
    public static let mostBytes = 16 << 20
    /// Files, and folders that could not be read.
    public static let mostFiles = 2 * AzureImport.mostFiles
    /// Of one request's body, in bytes: the files in base64, and their names.
    public static let longestBody = 24 << 20

    public init(_ sources: [ExportSource], prefix: String, dryRun: Bool, strict: Bool) {
        files = sources.map(File.init)
        self.prefix = prefix.isEmpty ? nil : prefix
        self.dryRun = dryRun
        self.strict = strict
    }

    /// What an import made, and what it did not.
    public struct Report: Codable, Sendable {
        public var changes: [ImportedChange]
        public var findings: [ImportFinding]
        public var applied: Bool
        /// Whether `strict` stopped it.
        public var strict: Bool
    }

    public func run(in context: OperatorContext) async throws -> Report {
        let prefix = prefix ?? ""
        try FieldChecks.about("/prefix") {
            guard AzureImport.isPrefix(prefix) else {
                throw OperatorError(
                    .invalid,
                    "the prefix is at most 32 of letters, digits, '.', '_' and '-', and does not start with '.'")
            }
        }
        let sources = try files.enumerated().map { index, file in
            try FieldChecks.about("/files/\(index)/content") { try file.source() }
        }
        guard let material = context.material, let compareSecret = context.compareSecret else {
            throw OperatorError(.unavailable, "keys and secrets cannot be opened here")
        }
        let operation = ImportOperation(
            catalog: context.catalog, material: material.material, makeSecret: context.makeSecret,
            compareSecret: compareSecret, actor: context.actor)
        return try await operation.take(
            sources, prefix: prefix, isDryRun: dryRun ?? false, isStrict: strict ?? false,
            keySetHosts: context.keySetHosts, at: context.now())
    }
}

extension ImportAzureExports.File {
    fileprivate func source() throws -> ExportSource {
        guard let content else {
            return ExportSource(name: name, problem: problem ?? "cannot be read", mayBeExport: mayBeExport ?? true)
        }
        guard var data = Data(base64Encoded: content) else {
            throw OperatorError(.invalid, "the file's content is not base64")
        }
        defer { data.resetBytes(in: 0..<data.count) }
        return ExportSource(name: name, bytes: data.withUnsafeBytes { ZeroedBytes(copying: $0) })
    }
}
