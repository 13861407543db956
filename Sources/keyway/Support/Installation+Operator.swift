import Adapters
import Administration
import Catalog
import Foundation
import KeyServer
import MediaModel
import Origin
import Policies

extension Installation {
    /// The operator at this machine: whoever may read the data folder may do everything.
    func localOperator() async throws -> LocalOperator {
        let configuration = try await ServiceConfiguration.load(
            path: nil, environment: ProcessInfo.processInfo.environment)
        let endpoint = "http://\(configuration.listenOrigin)"
        return makeOperator(
            actor: Self.localActor, role: .keyAdmin, inputs: .anywhere, addresses: { $0.addresses(endpoint: endpoint) },
            sas: makeSASIssuer(limit: configuration.sasLocators, base: { endpoint }))
    }
}

extension PublishedAsset {
    /// The URLs of every stream and of the still pictures that leave, as the origin writes them.
    func addresses(endpoint: String) -> AssetAddresses {
        AssetAddresses(streams: streams(endpoint), pictures: pictures(endpoint))
    }

    private func pictures(_ endpoint: String) -> [PictureAddress] {
        let presentation = PresentationReference(locator: locator.id, name: locator.asset)
        return pictures.map { picture in
            let request: OriginRequest =
                switch picture.role {
                case .poster: .poster(presentation)
                case .thumbnails: .thumbnailTrack(presentation, filters: [])
                }
            return PictureAddress(
                picture: picture.role.rawValue, policy: picture.policy.name, url: endpoint + OriginPath.print(request))
        }
    }

    private func streams(_ endpoint: String) -> [StreamAddress] {
        let presentation = PresentationReference(locator: locator.id, name: locator.asset)
        return deliveryPolicies.flatMap { policy in
            StreamingFormat.served.filter { $0.carries(policy) && $0.carries(tracks) }.map { format in
                // The URL says its encryption, so that a second policy on the locator cannot make it ambiguous.
                let request = OriginRequest.manifest(
                    presentation, format: format, encryption: policy.encryption == .none ? nil : policy.encryption)
                return StreamAddress(
                    format: format.rawValue, encryption: policy.encryption.rawValue, policy: policy.name,
                    url: endpoint + OriginPath.print(request))
            } + files(under: policy, presentation, endpoint)
        }
    }

    /// The whole file, where the policy lets it out.
    private func files(
        under policy: DeliveryPolicy, _ presentation: PresentationReference, _ endpoint: String
    ) -> [StreamAddress] {
        guard policy.protocols.contains(.progressive), policy.encryption == .none else { return [] }
        let path = OriginPath.print(.progressive(presentation, tracks: []))
        return [
            StreamAddress(
                format: StreamingProtocol.progressive.rawValue, encryption: policy.encryption.rawValue,
                policy: policy.name, url: endpoint + path)
        ]
    }
}
