public import ContentKeys
public import Foundation
public import Policies

/// What a player asks of a protection system that has its own licences.
public struct LicenceRequest: Sendable {
    /// The keys that the URL asks for; with none, those of the challenge are asked for.
    public var keyIDs: [KeyID]
    /// The keys that the challenge itself names; none when it cannot be read for them.
    public var challengeKeyIDs: [KeyID]
    public var challenge: LicenceChallenge
    public var delivery: KeyDeliveryType
    /// The token as it came, without `Bearer`. Never logged; handed on only where it is a part of the challenge.
    public var credential: String?
    public var clientAddress: IPAddress

    public init(
        _ challenge: LicenceChallenge, delivery: KeyDeliveryType, keyIDs: [KeyID], challengeKeyIDs: [KeyID],
        credential: String?, clientAddress: IPAddress
    ) {
        self.challenge = challenge
        self.delivery = delivery
        self.keyIDs = keyIDs
        self.challengeKeyIDs = challengeKeyIDs
        self.credential = credential
        self.clientAddress = clientAddress
    }
}

/// What became of a licence request.
public enum LicenceOutcome: Sendable {
    case made(Licence)
    case denied(DenialReason)
    /// Too many requests: ask again after this time.
    case limited(Duration)
    /// It was granted, and the licence server gave nothing.
    case failed(LicenceServerError)
    /// It was granted, and no licence server is configured for the system.
    case notConfigured
}

/// The use case of licences: authorise → audit, durably → unwrap, for a server that takes keys → hand the challenge to the
/// licence server with the entitlement.
public struct LicenceService: Sendable {
    private let delivery: KeyDeliveryService
    private let servers: [KeyDeliveryType: any LicenceServer]
    private let metrics = LicenceMetrics()
    private let now: @Sendable () -> Date

    /// - Parameter now: the clock; tests set it.
    public init(
        delivery: KeyDeliveryService, servers: [KeyDeliveryType: any LicenceServer],
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.delivery = delivery
        self.servers = servers
        self.now = now
    }

    /// Decides a request; when every key that its challenge names is granted, asks for the licence.
    ///
    /// - Parameter requestID: names the request in the audit log, in the entitlement and in the answer.
    /// - Throws: `CatalogError`, `KeyUnwrapError`; then nothing left.
    public func licence(for request: LicenceRequest, requestID: String) async throws -> LicenceOutcome {
        // Whether there is a server is told to those who may have a licence.
        let server = servers[request.delivery]
        let keyRequest = KeyRequest(
            keyIDs: request.keyIDs.isEmpty ? request.challengeKeyIDs : request.keyIDs, delivery: request.delivery,
            credential: request.credential, clientAddress: request.clientAddress)
        let outcome = try await delivery.authorise(
            keyRequest, wholly: request.challengeKeyIDs, keysTo: server?.keyRecipient, requestID: requestID)
        switch outcome {
        case .denied(let reason): return .denied(reason)
        case .limited(let wait): return .limited(wait)
        case .granted(let grants, let keys):
            guard let server else { return .notConfigured }
            let entitlement = Entitlement(
                keyRequest, grants: grants, keys: keys, requestID: requestID, issued: now())
            do throws(LicenceServerError) {
                let licence = try await server.licence(for: request.challenge, under: entitlement)
                metrics.wasMade(request.delivery)
                return .made(licence)
            } catch {
                metrics.hasFailed(error)
                return .failed(error)
            }
        }
    }
}
