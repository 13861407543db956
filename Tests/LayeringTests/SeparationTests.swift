import Testing

/// The two properties of the architecture that the arrows carry, and who may name an engine.
@Suite struct SeparationTests {
    let tree: SourceTree

    init() throws {
        tree = try SourceTree.shared.get()
    }

    static let mediaParsers: Set<String> = [
        "CFFmpeg", "CodecSyntax", "Encoding", "ISOBaseMedia", "MediaEncryption", "MovieFiles", "TrackOutput",
        "TransportStream",
    ]

    @Test(arguments: [
        "keyway-keys", "KeyDelivery", "KeyExchange", "KeyServer", "KeyServiceHTTP", "KeySetHTTP", "KeyWrapping",
        "LicenceForwarding", "Policies",
        "ProtectionSystems", "Tokens",
        "TransitKEK",
    ])
    func theKeyServiceReachesNoMediaParser(target: String) {
        #expect(tree.manifest.row(target) != nil)
        #expect(tree.manifest.closure(of: target).isDisjoint(with: Self.mediaParsers))
    }

    @Test(arguments: ["Encoding", "MovieFiles", "TrackOutput", "keyway-encoder"])
    func whatParsesMediaReachesNoKeys(target: String) {
        #expect(tree.manifest.row(target) != nil)
        let keyTargets: Set = ["Catalog", "ContentKeys", "Cryptography", "KeyWrapping", "Policies", "Tokens"]
        #expect(tree.manifest.closure(of: target).isDisjoint(with: keyTargets))
    }

    /// `TransitKEK` is an engine of a port that `KeyWrapping` has.
    @Test(arguments: ["CatalogSQLite", "KeyWrapping", "LicenceForwarding", "TransitKEK"])
    func onlyAdaptersNameEngines(engine: String) {
        let naming = Set(tree.files.filter { $0.code.imports.contains { $0.module == engine } }.map(\.target))
        let allowed: Set<String> =
            switch engine {
            case "KeyWrapping": ["Adapters", "TransitKEK"]
            case "CatalogSQLite": ["Adapters", "OriginAdapters"]
            default: ["Adapters"]
            }
        #expect(naming.subtracting(allowed).isEmpty)
    }

    /// An origin that runs alone could not unwrap a key if it had one: it links nothing that can.
    @Test func anOriginThatRunsAloneReachesNoKeyService() {
        #expect(tree.manifest.row("keyway-origin") != nil)
        let keyService: Set = [
            "Adapters", "Administration", "KeyDelivery", "KeyExchange", "KeyServer", "KeyServiceHTTP", "KeyWrapping",
            "Tokens", "TransitKEK",
        ]
        #expect(tree.manifest.closure(of: "keyway-origin").isDisjoint(with: keyService))
    }

    @Test func aContentKeyIsNotCodable() {
        let wrong = conformances(of: "ContentKey").filter { $0.list.contains(/\b(Codable|Encodable|Decodable)\b/) }
        #expect(wrong.isEmpty, "\(wrong.map(\.path))")
        #expect(!conformances(of: "ContentKey").isEmpty)
    }

    /// A proof that could be decoded, or made by another target, would prove nothing.
    @Test(arguments: ["Grant", "DeliveryPlan", "ExportGrant", "EncryptorGrant", "OriginGrant"])
    func proofsAreMadeByPoliciesOnly(proof: String) {
        let declarations = conformances(of: proof)
        #expect(declarations.contains { $0.path.hasPrefix("Sources/Policies/") })
        for declaration in declarations {
            #expect(!declaration.list.contains(/\b(Codable|Decodable|RawRepresentable|ExpressibleBy\w+)\b/))
            #expect(!declaration.body.contains(/\b(public|package)\s+(convenience\s+)?init\b/), "\(declaration.path)")
        }
        for file in tree.files where file.target == "Policies" {
            let givers = file.code.lines.filter {
                $0.contains(/\b(public|package)\b/) && $0.contains("func ") && $0.contains("-> \(proof)")
            }
            #expect(givers.isEmpty, "\(file.path) gives a \(proof) away")
        }
    }

    @Test func noProductCodeSeesInternals() {
        let wrong = tree.files.filter { $0.code.imports.contains(where: \.isTestable) }.map(\.path)
        #expect(wrong.isEmpty)
    }

    private struct Declaration {
        var path: String
        /// What stands between the name and the brace.
        var list: String
        var body: String
    }

    /// The declaration of a type and all its extensions.
    private func conformances(of type: String) -> [Declaration] {
        tree.files.filter { $0.raw.contains(type) }.flatMap { file -> [Declaration] in
            let text = file.code.text
            return text.matches(of: /\b(?:struct|class|actor|enum|extension)\s+(\w+)\b([^{]*)\{/)
                .filter { $0.output.1 == type }
                .map { match in
                    let body = text[match.range.upperBound...].prefixToClosingBrace()
                    return Declaration(path: file.path, list: String(match.output.2), body: body)
                }
        }
    }
}

extension Substring {
    /// What stands before the brace that closes the one just before.
    func prefixToClosingBrace() -> String {
        var depth = 1
        let end = utf8.firstIndex { byte in
            depth += byte == 0x7B ? 1 : byte == 0x7D ? -1 : 0
            return depth == 0
        }
        return String(self[..<(end ?? endIndex)])
    }
}
