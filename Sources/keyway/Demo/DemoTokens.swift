import Adapters
import Administration
import Catalog
import Foundation
import KeyServer
import Policies
import Tokens

/// The tokens of the demo's own token service.
struct DemoTokens: Sendable {
    let valid: String
    let expired: String
    /// Signed with another secret.
    let forged: String

    init(_ installation: Installation) async throws {
        let policy = try await installation.catalog.authorizationPolicy(named: DemoStage.authorizationPolicy)
        guard let restriction = policy?.options.flatMap(\.restrictions).compactMap(\.token).first,
            let secret = try installation.withSecret(named: DemoStage.secretName, { [UInt8]($0) })
        else {
            throw CommandFailure(
                .badData,
                "policy '\(DemoStage.authorizationPolicy)' must ask for a token that '\(DemoStage.secretName)' signs")
        }
        func token(_ lifetime: TimeInterval, _ secret: [UInt8]) throws -> String {
            var contents = TokenContents(
                issuer: restriction.issuer, audience: restriction.audience,
                expires: Date().addingTimeInterval(lifetime))
            contents.subject = "demo-viewer"
            return try TokenIssuer.jwt(contents, algorithm: .hs256, key: .secret(secret))
        }
        valid = try token(12 * 3600, secret)
        expired = try token(-3600, secret)
        forged = try token(3600, secret.map { $0 ^ 0xFF })
    }
}

/// What the demo's player page is told.
struct DemoPage: Encodable {
    struct Stream: Encodable {
        var id: String
        var title: String
        var kind: String
        var encryption: String
        var url: String
    }

    struct Token: Encodable {
        var id: String
        var title: String
        var value: String
    }

    var asset: String
    var clearkey: String
    var streams: [Stream]
    var tokens: [Token]

    init(_ published: PublishAsset.Report, tokens: DemoTokens, endpoint: String) {
        asset = published.asset
        clearkey = endpoint + "/keys/clearkey"
        streams = published.streams.filter(DemoStage.shows).map { stream in
            Stream(
                id: stream.policy, title: Self.title(stream), kind: stream.format.hasPrefix("mpd") ? "dash" : "hls",
                encryption: stream.encryption, url: stream.url)
        }
        self.tokens = [
            Token(id: "valid", title: "A valid token", value: tokens.valid),
            Token(id: "none", title: "No token", value: ""),
            Token(id: "expired", title: "An expired token", value: tokens.expired),
            Token(id: "forged", title: "A token signed by somebody else", value: tokens.forged),
        ]
    }

    private static func title(_ stream: StreamAddress) -> String {
        switch stream.format {
        case "m3u8-aapl": "HLS, MPEG-TS, AES-128"
        case "m3u8-cmaf": "HLS, CMAF, \(stream.encryption)"
        default: "DASH, CMAF, \(stream.encryption)"
        }
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}
