import Adapters
import Hummingbird
package import KeyDelivery
import KeyServiceHTTP
package import ServiceLifecycle

extension KeyServer {
    /// The listener that origins ask for keys, which run alone; none where none is configured. Its TLS lets nobody in without a
    /// certificate, so it cannot be the players'.
    package func originsListener(_ delivery: KeyDeliveryService) throws -> [any Service] {
        guard let address = configuration.listenOrigins else { return [] }
        let router = shared.makeUnsharedRouter("origins")
        OriginKeyRoutes(
            service: OriginKeyService(
                catalog: installation.catalog, unwrapper: installation.unwrapper, limit: configuration.limits.origin),
            tickets: delivery, authentication: OriginAuthentication(catalog: installation.catalog)
        ).add(to: router)
        return [try listener("origins", address, router) { _ in }]
    }
}
