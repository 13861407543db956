public import Catalog
import ContentKeys
import Cryptography
public import Foundation
public import Policies

/// Who asked, and over what.
public struct EncryptorCall: Sendable {
    public var encryptor: Encryptor
    public var clientAddress: IPAddress
    public var requestID: String
    /// Whether what is answered is read by nobody on the way.
    public var isConnectionProtected: Bool

    public init(encryptor: Encryptor, clientAddress: IPAddress, requestID: String, isConnectionProtected: Bool) {
        self.encryptor = encryptor
        self.clientAddress = clientAddress
        self.requestID = requestID
        self.isConnectionProtected = isConnectionProtected
    }
}

/// The use case of key exchange: look up → make what is missing → decide → audit, durably → unwrap → hand over.
///
/// A request is answered as a whole or not at all, and the same request gives the same keys.
public struct EncryptorService: Sendable {
    /// Most keys of one request.
    public static let mostKeys = 128

    let catalog: any CatalogEngine
    let material: any KeyMaterial
    let unwrapper: any KeyUnwrapper
    let systems: any ProtectionSystemSource
    let now: @Sendable () -> Date
    let longestWait: Duration

    /// - Parameter longestWait: how long a decision may wait to be written; tests have another patience.
    public init(
        catalog: any CatalogEngine, material: any KeyMaterial, unwrapper: any KeyUnwrapper,
        systems: any ProtectionSystemSource, longestWait: Duration = DecisionWait.longest,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.longestWait = longestWait
        self.catalog = catalog
        self.material = material
        self.unwrapper = unwrapper
        self.systems = systems
        self.now = now
    }

    /// Answers a request document: the same document with key values, IVs and the data of the protection systems.
    ///
    /// - Throws: `EncryptorRefusal`, `CPIXError`, `CatalogError`, `KeyUnwrapError`.
    public func exchange(_ document: CPIX, _ call: EncryptorCall) async throws -> CPIX {
        let types = try Self.types(of: document)
        let certificates = try Self.certificates(of: document)
        var answer = document
        try fill(&answer, types)
        let form: EncryptorRequest.Form
        if certificates.isEmpty {
            form = .clear(isProtected: call.isConnectionProtected)
        } else {
            form = .wrapped(
                recipient: try certificates.map { try $0.keyFingerprint().hexadecimal }.joined(separator: " "))
        }
        let requests = document.keys.compactMap { key in
            types[key.keyID].map {
                EncryptorRequest(keyID: key.keyID, type: $0, encryptor: call.encryptor, form: form)
            }
        }
        let granted = try await DecisionWait.settle(in: catalog, longest: longestWait) {
            let granted = try await decide(requests, document, call)
            return (granted, granted.map { event($0, $1, document, call) })
        }
        var keys: [KeyID: ContentKey] = [:]
        for (record, grant) in granted {
            keys[record.keyID] = try await unwrapper.unwrap(record.wrapped, for: .exchange(grant))
        }
        for position in answer.keys.indices {
            guard let key = keys[answer.keys[position].keyID] else {
                throw EncryptorRefusal.invalid("a key is missing")
            }
            answer.keys[position].value = .clear(key.withUnsafeBytes { ZeroedBytes(copying: $0) })
            if answer.keys[position].explicitIV == nil {
                answer.keys[position].explicitIV = try key.constantVector(answer.keys[position].keyID)
            }
        }
        answer.deliveries = []
        return certificates.isEmpty ? answer : try answer.sealed(to: certificates)
    }

    private func event(
        _ record: ContentKeyRecord, _ grant: EncryptorGrant, _ document: CPIX, _ call: EncryptorCall
    ) -> AuditEvent {
        var event = Self.event(.keyExchanged, grant.keyID, call, document, at: now())
        event.policy = record.authorizationPolicy
        if case .wrapped(let recipient) = grant.form {
            event.detail = [event.detail, "to \(recipient)"].compactMap(\.self).joined(separator: ", ")
        }
        return event
    }

    /// A grant for every key; keys that are not there are made first, when all the others are granted.
    private func decide(
        _ requests: [EncryptorRequest], _ document: CPIX, _ call: EncryptorCall
    ) async throws -> [(ContentKeyRecord, EncryptorGrant)] {
        var missing: [EncryptorRequest] = []
        var denials: [(EncryptorRequest, EncryptorDecision.Denial)] = []
        for request in requests {
            switch try await decision(request).1 {
            case .granted: continue
            case .toBeMade: missing.append(request)
            case .denied(let denial): denials.append((request, denial))
            }
        }
        try await refuse(denials, document, call)
        for request in missing { try await make(request, document, call) }
        var granted: [(ContentKeyRecord, EncryptorGrant)] = []
        for request in requests {
            switch try await decision(request) {
            case (let record?, .granted(let grant)): granted.append((record, grant))
            case (_, .denied(let denial)): denials.append((request, denial))
            default: denials.append((request, .keyUnknown))
            }
        }
        try await refuse(denials, document, call)
        return granted
    }

    private func decision(_ request: EncryptorRequest) async throws -> (ContentKeyRecord?, EncryptorDecision) {
        let record = try await catalog.contentKey(request.keyID)
        let uses = try await catalog.keyUses(request.keyID)
        let decision = EncryptorGrant.decide(
            request, facts: record?.facts, policy: record?.authorizationPolicy, isUsedByOrigin: !uses.isEmpty,
            at: now())
        return (record, decision)
    }

    private func refuse(
        _ denials: [(EncryptorRequest, EncryptorDecision.Denial)], _ document: CPIX, _ call: EncryptorCall
    ) async throws {
        guard let first = denials.first else { return }
        try await catalog.appendAudit(
            denials.map { request, denial in
                var event = Self.event(.keyExchangeDenied, request.keyID, call, document, at: now())
                event.reason = denial.rawValue
                return event
            })
        throw EncryptorRefusal.denied(first.0.keyID.description, first.1)
    }

    /// Makes a key under the encryptor's policy. Another request may have made it since: then that one counts.
    private func make(_ request: EncryptorRequest, _ document: CPIX, _ call: EncryptorCall) async throws {
        let time = now()
        var record = try await material.makeKey(request.type, keyID: request.keyID, at: time)
        record.authorizationPolicy = request.encryptor.authorizationPolicy
        let labels = Set(document.usageRules.filter { $0.keyID == request.keyID }.compactMap(\.label))
        record.label = labels.count == 1 ? labels.first : nil
        var event = Self.event(.keyCreated, request.keyID, call, document, at: time)
        event.policy = record.authorizationPolicy
        do {
            try await catalog.apply([.insertContentKey(record), .audit(event)])
        } catch let error as CatalogError where error.code == .exists {
            return
        }
    }

    private static func event(
        _ action: AuditAction, _ keyID: KeyID, _ call: EncryptorCall, _ document: CPIX, at time: Date
    ) -> AuditEvent {
        var event = AuditEvent(time: time, action: action)
        event.keyID = keyID
        event.actor = "encryptor:\(call.encryptor.name)"
        event.clientAddress = call.clientAddress.description
        event.requestID = call.requestID
        event.detail = document.contentID.map { "content \($0.prefix(128))" }
        return event
    }
}

extension Sequence<UInt8> {
    var hexadecimal: String {
        map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
    }
}

extension ContentKey {
    /// The IV that samples under a CBC scheme start with: made of the key and the KID, so that it is the same whenever it is
    /// asked for. None for counter modes, where an IV that is used for two tracks would give the plaintext away: there the
    /// encryptor chooses.
    fileprivate func constantVector(_ keyID: KeyID) throws -> [UInt8]? {
        guard type == .commonCbcs || type == .envelope else { return nil }
        let code = try withUnsafeBytes {
            try HMAC.code(of: Array("keyway explicitIV".utf8) + keyID.bytes, key: $0)
        }
        return Array(code.prefix(16))
    }
}
