import Catalog
import HTTPSurface
import HTTPTypes
import Hummingbird
import MetricsExposition
import NIOCore
import OriginKeys
import Serving

/// What an orchestrator asks on the admin listener of an origin that runs alone. The answers tell nothing but the state, so they
/// need no token.
struct OriginHealthRoutes {
    let catalog: any CatalogEngine
    let keys: RemoteKeys

    /// `GET /healthz`: the process answers. `GET /readyz`: the catalog does, too, and streams can be served: the key service
    /// answers, or keys are held. `GET /metrics`: for Prometheus.
    func add(to router: Router<ServiceRequestContext>) {
        router.get("healthz") { _, _ in Self.ok }
        router.get("metrics") { _, _ in
            Self.answer("text/plain; version=0.0.4; charset=utf-8", ServiceMetrics.registry.text())
        }
        router.get("readyz") { _, _ -> Response in
            do {
                _ = try await catalog.notices(after: 0)
            } catch {
                throw Problem(.serviceUnavailable, code: "catalogUnavailable", detail: "The catalog does not answer.")
            }
            switch keys.keyServiceState {
            case .up: return Self.ok
            // A key service that is away must not take all origins out at once whose viewers see nothing of it.
            case .away(let held) where held > 0: return Self.ok
            case .away:
                throw Problem(
                    .serviceUnavailable, code: "keyServiceAway",
                    detail: "The key service does not answer, and no key is held.", headers: [.retryAfter: "1"])
            case .closed:
                throw Problem(
                    .serviceUnavailable, code: "originNotEnrolled", detail: "The key service gives this origin nothing."
                )
            }
        }
    }

    private static var ok: Response { answer("application/json", #"{"status":"ok"}"#) }

    private static func answer(_ type: String, _ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
