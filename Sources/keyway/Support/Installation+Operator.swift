import Adapters
import Administration
import Catalog
import Foundation
import Origin
import Policies

extension Installation {
    /// How administration makes keys, without seeing their bytes.
    var contentKeyMaker: ContentKeyMaker {
        { type, keyID, name in try makeContentKey(type, keyID: keyID, name: name) }
    }

    /// Does what operators ask, on this data folder.
    ///
    /// - Parameters:
    ///   - actor: for the audit log.
    ///   - endpoint: what players reach the origin by, without a slash at its end.
    func makeOperator(actor: String, role: AdminRole, endpoint: @escaping @Sendable () -> String) -> LocalOperator {
        LocalOperator(
            OperatorContext(
                catalog: catalog, verifier: verifier, revocations: revocations, makeKey: contentKeyMaker,
                makeSecret: { name, value in try makeSecret(named: name, value: value) },
                auditKeys: auditKeyMaterial, streams: { $0.streams(endpoint: endpoint()) },
                material: KeyAccess(material: keyMaterial, unwrapper: unwrapper), keks: kekDesk, actor: actor,
                role: role, keySetHosts: keySetHosts))
    }

    /// The operator at this machine: whoever may read the data folder may do everything.
    func localOperator() async throws -> LocalOperator {
        let configuration = try await ServiceConfiguration.load(
            path: nil, environment: ProcessInfo.processInfo.environment)
        return makeOperator(
            actor: Self.localActor, role: .keyAdmin, endpoint: { "http://\(configuration.listenOrigin)" })
    }

    static var localActor: String { "local:\(NSUserName())" }
}

extension PublishedAsset {
    /// The URLs of every stream, as the origin writes them.
    func streams(endpoint: String) -> [StreamAddress] {
        let presentation = PresentationReference(locator: locator.id, name: locator.asset)
        return deliveryPolicies.flatMap { policy in
            StreamingFormat.served.filter {
                policy.protocols.contains($0.streamingProtocol) && $0.container.capable.contains(policy.encryption)
            }.map { format in
                // The URL says its encryption, so that a second policy on the locator cannot make it ambiguous.
                let request = OriginRequest.manifest(
                    presentation, format: format, encryption: policy.encryption == .none ? nil : policy.encryption)
                return StreamAddress(
                    format: format.rawValue, encryption: policy.encryption.rawValue, policy: policy.name,
                    url: endpoint + OriginPath.print(request))
            }
        }
    }
}
