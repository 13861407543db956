import Catalog
import Policies
import WebConsole

extension ConsolePlayback {
    /// This server's own listeners, the hosts of its streaming endpoints, and the key services that delivery policies name. What
    /// the catalog does not tell now is left out: the player then says that it cannot reach it.
    init(_ catalog: any CatalogEngine, _ own: (origin: String, keys: String)?) async {
        let endpoints = (try? await catalog.streamingEndpoints()) ?? []
        let policies = (try? await catalog.deliveryPolicies()) ?? []
        self.init(
            sources: [own?.origin, own?.keys].compactMap { $0 } + endpoints.flatMap(\.hosts)
                + policies.compactMap { $0.keyAcquisitionURL?.replacing("{kid}", with: "kid") },
            licence: (own?.keys).flatMap { $0.isEmpty ? nil : $0 + "/keys/clearkey" })
    }
}
