public import AssetFiles
public import Catalog
public import Foundation
public import Policies

/// One verb of operators: a value that says what is asked. It goes over HTTP as it is, so its fields are plain values.
///
/// A new verb is a file beside the others, a row in `AdminContract.AdminRoutes`, and a command in `keyway`.
public protocol OperatorVerb: Codable, Sendable {
    /// What is answered.
    associatedtype Report: Codable, Sendable

    /// Does it.
    ///
    /// - Throws: `OperatorError`, or an error that `OperatorError` knows the meaning of.
    func run(in context: OperatorContext) async throws -> Report
}

/// Who does what operators ask: this process, or a server far away. Callers do not know which.
public protocol OperatorInterface: Sendable {
    /// - Throws: `OperatorError`, the same one whoever does it.
    func perform<Verb: OperatorVerb>(_ verb: Verb) async throws -> Verb.Report
    /// Begins long work, which goes on when nobody waits for it.
    ///
    /// - Throws: as `perform` does, for what is refused at once.
    func begin<Verb: LongVerb>(_ verb: Verb) async throws -> OperationReport
}

/// Does it here.
public struct LocalOperator: OperatorInterface {
    private let context: OperatorContext

    public init(_ context: OperatorContext) {
        self.context = context
    }

    public func perform<Verb: OperatorVerb>(_ verb: Verb) async throws -> Verb.Report {
        do {
            return try await run(verb)
        } catch {
            throw OperatorError(meaning: error) ?? error
        }
    }

    public func begin<Verb: LongVerb>(_ verb: Verb) async throws -> OperationReport {
        do {
            return try await context.operations.begin(verb.order(in: context), actor: context.actor).report.outline
        } catch {
            throw OperatorError(meaning: error) ?? error
        }
    }

    /// Once more when another process has retired the key-encryption key that this one still used: nothing was changed,
    /// and now it knows the new one.
    private func run<Verb: OperatorVerb>(_ verb: Verb) async throws -> Verb.Report {
        do {
            return try await verb.run(in: context)
        } catch let error as CatalogError where error.code == .retired {
            guard let keeper = context.keks else { throw error }
            try await keeper.refresh()
            return try await verb.run(in: context)
        }
    }
}

/// One address of a published asset's media: a manifest, or a whole file.
public struct StreamAddress: Codable, Sendable, Hashable {
    public var format: String
    public var encryption: String
    /// The delivery policy.
    public var policy: String
    public var url: String

    public init(format: String, encryption: String, policy: String, url: String) {
        self.format = format
        self.encryption = encryption
        self.policy = policy
        self.url = url
    }
}

/// The address of still pictures of a published asset, which leave in the clear.
public struct PictureAddress: Codable, Sendable, Hashable {
    /// `poster`: a JPEG file; `thumbnails`: WebVTT that says where each thumbnail is.
    public var picture: String
    /// The delivery policy that lets them out.
    public var policy: String
    public var url: String

    public init(picture: String, policy: String, url: String) {
        self.picture = picture
        self.policy = policy
        self.url = url
    }
}

/// The addresses of a published asset.
public struct AssetAddresses: Sendable, Hashable {
    public var streams: [StreamAddress]
    public var pictures: [PictureAddress]

    /// Where there is no origin.
    public static let none = AssetAddresses(streams: [], pictures: [])

    public init(streams: [StreamAddress], pictures: [PictureAddress]) {
        self.streams = streams
        self.pictures = pictures
    }
}

/// Makes a named secret's record, wrapped: `KeyWrapping` behind a closure.
public typealias SecretMaker = @Sendable (_ name: String, _ value: [UInt8]) async throws -> SecretRecord

/// What opens, wraps and seals keys.
public struct KeyAccess: Sendable {
    public var material: any KeyMaterial
    public var unwrapper: any KeyUnwrapper

    public init(material: any KeyMaterial, unwrapper: any KeyUnwrapper) {
        self.material = material
        self.unwrapper = unwrapper
    }
}

/// What verbs work with, and for whom.
public struct OperatorContext: Sendable {
    public var catalog: any CatalogEngine
    public var verifier: any TokenVerifier
    public var revocations: any RevocationSource
    public var makeKey: ContentKeyMaker
    public var makeSecret: SecretMaker
    /// Opens, wraps and seals keys; nil where only the catalog is at hand.
    public var material: KeyAccess?
    /// Holds key-encryption keys; nil where only the catalog is at hand.
    public var keks: (any KEKKeeper)?
    /// The long work of this process.
    public var operations: OperationDesk
    /// Signs the audit log.
    public var auditKeys: any AuditKeyMaterial
    /// The URLs of a published asset, which only the origin knows to write.
    public var addresses: @Sendable (PublishedAsset) -> AssetAddresses
    /// For the audit log: an admin token's name, or `local:` and the user of the machine.
    public var actor: String
    public var role: AdminRole
    /// The hosts that published keys may be read from.
    public var keySetHosts: [String]
    /// The media of assets; nil where only the catalog is at hand.
    public var assets: StoredAssets?
    /// Which files of the machine jobs may read.
    public var inputRule: JobInputRule
    /// Signs SAS URLs; nil where there is no secret at hand.
    public var sas: SASIssuer?
    /// What senders encrypt the keys of their files to; nil where there is no secret at hand.
    public var uploadKeys: UploadKeys?
    /// Signs a path under a named secret, nil when there is none of that name; nil where secrets are not at hand.
    public var signPath: (@Sendable (_ signature: PathSignature, _ secret: String) throws -> String?)?
    /// Whether a stored secret has a value; nil where secrets are not at hand.
    public var compareSecret: SecretComparison?
    /// Makes packages; nil where there is no origin.
    public var packages: (any PackageExport)?
    /// Takes backups; nil where there is no folder for them.
    public var backups: BackupMaker?
    /// Examines this machine; nil where nobody does.
    public var diagnose: Diagnostician?
    public var now: @Sendable () -> Date

    public init(
        catalog: any CatalogEngine, verifier: any TokenVerifier,
        revocations: any RevocationSource = NoRevocations(), makeKey: @escaping ContentKeyMaker,
        makeSecret: @escaping SecretMaker, auditKeys: any AuditKeyMaterial,
        addresses: @escaping @Sendable (PublishedAsset) -> AssetAddresses, material: KeyAccess? = nil,
        keks: (any KEKKeeper)? = nil, operations: OperationDesk = OperationDesk(), actor: String, role: AdminRole,
        keySetHosts: [String] = [],
        assets: StoredAssets? = nil, sas: SASIssuer? = nil, inputRule: JobInputRule = JobInputRule(below: []),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.catalog = catalog
        self.verifier = verifier
        self.revocations = revocations
        self.makeKey = makeKey
        self.makeSecret = makeSecret
        self.auditKeys = auditKeys
        self.addresses = addresses
        self.material = material
        self.keks = keks
        self.operations = operations
        self.actor = actor
        self.role = role
        self.keySetHosts = keySetHosts
        self.assets = assets
        self.inputRule = inputRule
        self.sas = sas
        self.now = now
    }

    /// An audit event of the operator, now.
    func event(_ action: AuditAction, detail: String? = nil) -> AuditEvent {
        var event = AuditEvent(time: now(), action: action)
        event.actor = actor
        event.detail = detail
        return event
    }

    /// - Throws: `OperatorError` where keys cannot be opened.
    func keyOperations() throws -> KeyOperations {
        guard let material else { throw OperatorError(.unavailable, "keys cannot be opened here") }
        return KeyOperations(
            catalog: catalog, material: material.material, unwrapper: material.unwrapper, actor: actor)
    }

    /// - Throws: `OperatorError` where key-encryption keys are not at hand.
    func kekKeeper() throws -> any KEKKeeper {
        guard let keks else { throw OperatorError(.unavailable, "key-encryption keys are not at hand here") }
        return keks
    }

    /// - Throws: `OperatorError` where media is not at hand.
    func storedAssets() throws -> StoredAssets {
        guard let assets else { throw OperatorError(.unavailable, "the media of assets is not at hand here") }
        return assets
    }

    var auditSigner: AuditSigner { AuditSigner(catalog: catalog, material: auditKeys, now: now) }

    /// Refuses what the operator's role does not allow.
    func require(_ needed: AdminRole, to purpose: String) throws {
        guard role >= needed else { throw OperatorError.lacking(needed, having: role, to: purpose) }
    }
}

extension CatalogChange {
    /// The change with its audit events signed by who did it.
    func by(_ actor: String?) -> CatalogChange {
        guard case .audit(var event) = self, event.actor == nil else { return self }
        event.actor = actor
        return .audit(event)
    }
}
