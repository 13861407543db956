import Adapters
import Administration
import Catalog
import Foundation
import KeyServer
import MediaModel

/// The first half of the demo: what an operator would do by hand.
struct DemoStage: Sendable {
    static let secretName = "demo-sts"
    static let authorizationPolicy = "demo-viewers"
    static let deliveryPolicies = ["hls-aes", "hls-cbcs", "dash-cenc"]

    /// What the demo proves and its page plays: one form of each policy.
    static func shows(_ stream: StreamAddress) -> Bool {
        deliveryPolicies.contains(stream.policy)
            && ["m3u8-aapl envelope", "m3u8-cmaf cbcs", "mpd-time-cmaf cenc"].contains(
                "\(stream.format) \(stream.encryption)")
    }

    let installation: Installation

    /// Makes the secret of the demo's token service, once, and applies the documents.
    func apply(_ documents: [String]) async throws {
        Terminal.print("1. Policies and keys")
        if try await installation.catalog.secret(named: Self.secretName) == nil {
            var generator = SystemRandomNumberGenerator()
            let value = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let text = "base64:" + Data(value).base64EncodedString()
            _ = try await installation.localOperator().perform(SetSecret(name: Self.secretName, value: text))
            Terminal.print("   made the secret '\(Self.secretName)' of a token service, wrapped under the KEK")
        }
        let files = try ApplyCommand.sources(documents)
        let report = try await installation.localOperator().perform(
            ApplyDocuments(files: files, prune: false, dryRun: false))
        for change in report.changes { Terminal.print("   \(change)") }
    }

    /// Encodes the file, unless its asset is there already.
    func encode(_ file: String) async throws -> String {
        let url = URL(fileURLWithPath: file)
        let name =
            "demo-"
            + url.deletingPathExtension().lastPathComponent.map { character -> Character in
                character.isASCII && (character.isLetter || character.isNumber || character == "-") ? character : "-"
            }.prefix(80)
        Terminal.print("2. Encoding \(url.lastPathComponent) into a ladder")
        if let asset = try await installation.catalog.asset(named: name), asset.currentVersion != nil {
            Terminal.print("   the asset '\(name)' is there already")
            return name
        }
        let started = ContinuousClock.now
        let job = try await EncodeCommand.encode(file, as: name, installation, watch: false)
        guard job.state == .finished, let number = job.version else { throw EncodeCommand.failure(job) }
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        let version = try await installation.catalog.assetVersion(asset: name, number: number)
        for track in version?.tracks ?? [] {
            let size = track.description.video.map { "\($0.width)x\($0.height)" } ?? "audio"
            Terminal.print(
                "   \(track.description.name)  \(size)  \(track.description.averageBitrate / 1000) kb/s, "
                    + CountText.text(track.segmentCount, "segment"))
        }
        Terminal.print(String(format: "   done in %.1f s, stored under AES-256-CTR as asset '%@'", seconds, name))
        return name
    }

    /// Publishes under three delivery policies: one locator, three encryptions.
    func publish(_ asset: String, endpoint: String) async throws -> PublishAsset.Report {
        Terminal.print("3. Publishing under \(Self.deliveryPolicies.joined(separator: ", "))")
        let interface = installation.makeOperator(
            actor: Installation.localActor, role: .keyAdmin, addresses: { $0.addresses(endpoint: endpoint) })
        let report = try await interface.perform(
            PublishAsset(
                asset: asset, authorizationPolicy: Self.authorizationPolicy, deliveryPolicies: Self.deliveryPolicies))
        Terminal.print("   locator \(report.locator)")
        return report
    }
}
