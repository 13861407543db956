import Adapters
import Administration
import ArgumentParser
import Foundation
import Origin
import Policies

/// The options of `publish` and `locator create`, which do the same.
struct PublicationOptions: ParsableArguments {
    @Option(name: .customLong("auth"), help: "Who may receive the keys: an authorization policy.")
    var authorizationPolicy: String?

    @Option(name: .customLong("delivery"), help: "How the asset may leave: a delivery policy; may be repeated.")
    var deliveryPolicies: [String] = []

    @Option(name: .customLong("access"), help: "The access policy (default: reading, for 365 days).")
    var accessPolicy: String?

    @Option(help: "From when the locator answers (RFC 3339; default now).")
    var start: String?

    @Option(help: "Until when (RFC 3339; default as the access policy says).")
    var end: String?

    /// Publishes, and prints the locator with its URLs.
    func publish(_ asset: String, _ common: CommonOptions) async throws {
        let installation = try await common.open()
        let configuration = try await ServiceConfiguration.load(
            path: nil, environment: ProcessInfo.processInfo.environment)
        try await installation.publish(
            try request(asset: asset), endpoint: "http://\(configuration.listenOrigin)"
        ).print(json: common.json)
    }

    func request(asset: String) throws -> PublicationRequest {
        PublicationRequest(
            asset: asset, authorizationPolicy: authorizationPolicy, deliveryPolicies: deliveryPolicies,
            accessPolicy: accessPolicy, start: try Self.time("--start", start), end: try Self.time("--end", end))
    }

    private static func time(_ option: String, _ text: String?) throws -> Date? {
        guard let text else { return nil }
        guard let date = ISO8601DateFormatter().date(from: text) else {
            throw CommandFailure(.badData, "\(option) is not a time in RFC 3339, as 2026-01-31T12:00:00Z: '\(text)'")
        }
        return date
    }
}

/// A new locator and its URLs.
struct PublishedReport: Report {
    struct Address: Encodable {
        var format: String
        var encryption: String
        var policy: String
        var url: String
    }

    var asset: String
    var locator: String
    var until: Date
    var streams: [Address]
    var warnings: [String]

    var text: String {
        let rows = streams.map { [$0.format, $0.encryption, $0.url] }
        return """
            published \(asset) until \(until.rfc3339)
            locator   \(locator)

            \(Table.render(["FORMAT", "ENCRYPTION", "URL"], rows))
            """ + warnings.map { "\nwarning: \($0)" }.joined()
    }

    /// - Parameter endpoint: what players reach the origin by, without a slash at its end.
    init(_ published: PublishedAsset, endpoint: String) {
        asset = published.locator.asset
        locator = published.locator.id.description
        until = published.locator.end
        warnings = published.warnings
        let presentation = PresentationReference(locator: published.locator.id, name: published.locator.asset)
        streams = published.deliveryPolicies.flatMap { policy in
            StreamingFormat.served.filter {
                policy.protocols.contains($0.streamingProtocol) && $0.container.capable.contains(policy.encryption)
            }.map { format in
                // The URL says its encryption, so that a second policy on the locator cannot make it ambiguous.
                let request = OriginRequest.manifest(
                    presentation, format: format, encryption: policy.encryption == .none ? nil : policy.encryption)
                return Address(
                    format: format.rawValue, encryption: policy.encryption.rawValue, policy: policy.name,
                    url: endpoint + OriginPath.print(request))
            }
        }
    }
}

extension Installation {
    /// Publishes, and says the URLs of the new locator.
    func publish(_ request: PublicationRequest, endpoint: String) async throws -> PublishedReport {
        let published = try await Publication(catalog: catalog, makeKey: contentKeyMaker).publish(request, at: Date())
        return PublishedReport(published, endpoint: endpoint)
    }
}
