import Catalog
public import Foundation
import Policies

/// Signs a path for who may fetch what is there: the query and the cookie that a streaming endpoint takes.
public struct SignPath: OperatorVerb {
    /// The endpoint, whose secret signs.
    public var name: String
    /// From its first slash on; with a slash at its end for everything below it.
    public var path: String
    /// How long it is good, as `2h`; 30 days at most.
    public var expires: String?
    /// Only for this client address.
    public var ip: String?
    /// Whether the alternate secret signs.
    public var alternate: Bool?

    public init(
        name: String, path: String, expires: String? = nil, ip: String? = nil, alternate: Bool? = nil
    ) {
        self.name = name
        self.path = path
        self.expires = expires
        self.ip = ip
        self.alternate = alternate
    }

    public struct Report: Codable, Sendable {
        public var path: String
        public var query: String
        public var cookie: String
        public var expires: Date
    }

    /// In seconds: a signature cannot be taken back by itself.
    private static let longest = 30 * 86_400

    public func run(in context: OperatorContext) async throws -> Report {
        guard let seconds = DurationText.seconds(expires ?? "2h"), seconds > 0 else {
            throw OperatorError(
                .invalid,
                "the time that a signature is good is a duration as 60s, 5m, 12h, not "
                    + (expires ?? "").quoted)
        }
        guard seconds <= Self.longest else {
            let rule =
                "a signature is good for \(DurationText.text(Self.longest)) at most: until its secret is exchanged nothing "
                + "takes it back"
            throw OperatorError(.invalid, rule, fields: [.init("/expires", rule)])
        }
        let address = try ip.map { text -> IPAddress in
            guard let address = IPAddress(text) else {
                throw OperatorError(.invalid, "\(text.quoted) is not an IP address")
            }
            return address
        }
        let until = context.now().addingTimeInterval(Double(seconds))
        guard let signature = PathSignature(expires: until, prefix: path, address: address) else {
            let rule = "\(path.quoted) is not a path of the origin: /LOCATOR/ or /LOCATOR/NAME.ism/…"
            throw OperatorError(.invalid, rule, fields: [.init("/path", rule)])
        }
        let endpoint = try await context.endpoint(named: name)
        guard let rule = endpoint.signedURLs, let secret = alternate == true ? rule.alternate : rule.secret else {
            throw OperatorError(
                .conflict,
                "endpoint \(name.quoted) has no \(alternate == true ? "alternate secret" : "'signedURLs'") to sign with"
            )
        }
        guard let sign = context.signPath else { throw OperatorError(.unavailable, "paths cannot be signed here") }
        guard let text = try sign(signature, secret) else {
            throw OperatorError(
                .conflict, "there is no secret \(secret.quoted); make it with 'keyway secret set \(secret)'")
        }
        try await context.catalog.apply([
            .audit(
                context.event(
                    .pathSigned,
                    detail: "endpoint \(name), path \(path), until \(signature.expires.ISO8601Format())"))
        ])
        let parameter = "\(PathSignature.name)=\(text)"
        let folder = path.hasSuffix("/") ? path : String(path[...(path.lastIndex(of: "/") ?? path.startIndex)])
        return Report(
            path: path, query: parameter, cookie: "\(parameter); Path=\(folder); Secure; HttpOnly; SameSite=None",
            expires: signature.expires)
    }
}
