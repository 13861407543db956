public import Catalog
import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
public import MetricsExposition
import NIOCore

/// What an orchestrator asks on the admin listener. Both answers tell nothing but the state, so they need no token.
public struct HealthRoutes: Sendable {
    private let catalog: any CatalogEngine
    private let metrics: MetricsRegistry
    private let missingKEKs: @Sendable () -> [Int]

    /// - Parameter missingKEKs: the versions of the key-encryption key that something is wrapped under and that are not held.
    public init(
        catalog: any CatalogEngine, metrics: MetricsRegistry, missingKEKs: @escaping @Sendable () -> [Int]
    ) {
        self.catalog = catalog
        self.metrics = metrics
        self.missingKEKs = missingKEKs
    }

    /// `GET /healthz`: the process answers. `GET /readyz`: the catalog does, too, and takes audit records, and the keys can be
    /// opened. `GET /metrics`: for Prometheus.
    public func add(to router: Router<ServiceRequestContext>) {
        router.get("healthz") { _, _ in Self.ok }
        router.get("metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
                body: .init(byteBuffer: ByteBuffer(string: metrics.text())))
        }
        router.get("readyz") { _, _ -> Response in
            guard catalog.auditBlock() == nil else {
                throw Problem.auditBlocked
            }
            do {
                _ = try await catalog.lastAuditSequence()
            } catch {
                throw Problem(.serviceUnavailable, code: "catalogUnavailable", detail: "The catalog does not answer.")
            }
            let missing = missingKEKs()
            guard missing.isEmpty else { throw Problem.missing(missing) }
            return Self.ok
        }
    }

    private static var ok: Response {
        Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: #"{"status":"ok"}"#)))
    }
}

extension Problem {
    static let auditBlocked = Problem(
        .serviceUnavailable, code: "auditBlocked",
        detail: "The audit log cannot be written, so no key is given out.", headers: [.retryAfter: "1"])

    static func missing(_ keks: [Int]) -> Problem {
        let versions = keks.map(String.init).joined(separator: ", ")
        return Problem(
            .serviceUnavailable, code: "kekMissing",
            detail:
                "The key-encryption key's version \(versions) is not at hand, so no key that is wrapped under it is given out.",
            headers: [.retryAfter: "1"])
    }
}
