import Administration
import ArgumentParser
import Foundation
import KeyServer

/// The options of `publish` and `locator create`, which do the same.
struct PublicationOptions: ParsableArguments {
    @Option(name: .customLong("auth"), help: "Who may receive the keys: an authorization policy.")
    var authorizationPolicy: String?

    @Option(name: .customLong("delivery"), help: "How the asset may leave: a delivery policy; may be repeated.")
    var deliveryPolicies: [String] = []

    @Option(name: .customLong("access"), help: "The access policy (default: reading, for 365 days).")
    var accessPolicy: String?

    @Option(name: .customLong("filter"), help: "What manifests show: a filter; may be repeated.")
    var filters: [String] = []

    @Option(help: "From when the locator answers (RFC 3339; default now).")
    var start: String?

    @Option(help: "Until when (RFC 3339; default as the access policy says).")
    var end: String?

    /// Publishes, and prints the locator with its URLs.
    func publish(_ asset: String, _ common: CommonOptions) async throws {
        let verb = PublishAsset(
            asset: asset, authorizationPolicy: authorizationPolicy, deliveryPolicies: deliveryPolicies,
            accessPolicy: accessPolicy, filters: filters.isEmpty ? nil : filters,
            start: try Self.time("--start", start), end: try Self.time("--end", end))
        try await common.perform(verb).print(json: common.json)
    }

    /// The verb of `--sas`.
    func sasLocator(of asset: String) throws -> CreateSASLocator {
        guard let accessPolicy else { throw ValidationError("--sas needs --access: what may be done, for how long") }
        guard authorizationPolicy == nil, deliveryPolicies.isEmpty, filters.isEmpty, end == nil else {
            throw ValidationError("--sas goes with --access and --start only: nothing is streamed")
        }
        return CreateSASLocator(asset: asset, accessPolicy: accessPolicy, start: try Self.time("--start", start))
    }

    private static func time(_ option: String, _ text: String?) throws -> Date? {
        guard let text else { return nil }
        guard let date = ISO8601DateFormatter().date(from: text) else {
            throw CommandFailure(.usage, "\(option) is not a time in RFC 3339, as 2026-01-31T12:00:00Z: '\(text)'")
        }
        return date
    }
}

extension CreateSASLocator.Report: Report {
    var text: String {
        """
        locator      \(locator)
        permissions  \(permissions.joined(separator: ", "))
        from         \(start.rfc3339)
        until        \(end.rfc3339)
        url          \(url)
        list         \(listUrl)
        """
    }
}

extension [PictureAddress] {
    /// Below the streams; nothing where no picture leaves.
    var table: String {
        isEmpty ? "" : "\n\n" + Table.render(["PICTURE", "URL"], map { [$0.picture, $0.url] })
    }
}

extension PublishAsset.Report: Report {
    var text: String {
        let rows = streams.map { [$0.format, $0.encryption, $0.url] }
        return """
            published \(asset) until \(until.rfc3339)
            locator   \(locator)

            \(Table.render(["FORMAT", "ENCRYPTION", "URL"], rows))
            """ + pictures.table + warnings.map { "\nwarning: \($0)" }.joined()
    }
}
