import OutboundHTTP
public import Policies
public import Tokens

/// Fetches key sets and discovery documents: GET only, one try. Connections are not kept, since there are a few documents in
/// an hour.
public struct HTTPDocumentFetcher: DocumentFetcher {
    private let authorities: String?
    private let timeout: Duration

    /// - Parameters:
    ///   - authorities: a PEM file with the authorities that the servers' certificates are held against; nil for the
    ///     system's.
    ///   - timeout: for a whole document.
    public init(authorities: String? = nil, timeout: Duration = .seconds(5)) {
        self.authorities = authorities
        self.timeout = timeout
    }

    public func fetch(_ address: KeySetAddress, limit: Int) async throws -> FetchedDocument {
        let request = OutboundRequest(
            .get, address.description,
            headers: [("accept", "application/jwk-set+json, application/json"), ("user-agent", "keyway")])
        let answer: OutboundAnswer
        do {
            let authorities = try authorities.map { file throws(AuthoritiesError) in try Authorities(file: file) }
            answer = try await OutboundClient.askOnce(
                request, authorities: authorities, limit: limit, timeout: timeout)
        } catch let error as AuthoritiesError {
            throw KeySetError("keySets.caFile \(error)")
        } catch let error as OutboundError {
            let advice = error.code == .untrusted ? "; see keySets.caFile" : ""
            throw KeySetError("'\(address)' \(error.reason)\(advice)")
        }
        guard answer.status == 200 else {
            let redirect = answer.isRedirect ? "; redirects are not followed" : ""
            throw KeySetError("'\(address)' answered \(answer.status)\(redirect)")
        }
        return FetchedDocument(bytes: answer.body, maximumAge: Self.maximumAge(answer.values(of: "cache-control")))
    }

    /// `max-age` of `Cache-Control` (RFC 9111, 5.2.2.1); 0 where the answer may not be kept.
    static func maximumAge(_ fields: [String]) -> Int? {
        let directives = fields.joined(separator: ",").lowercased().split(separator: ",").map {
            $0.filter { $0 != " " && $0 != "\"" }
        }
        if directives.contains("no-store") || directives.contains("no-cache") { return 0 }
        let ages = directives.filter { $0.hasPrefix("max-age=") }.compactMap { Int($0.dropFirst("max-age=".count)) }
        return ages.min().map { max($0, 0) }
    }
}
