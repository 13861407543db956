public import Catalog
import Cryptography
public import Foundation
public import Policies
import Synchronization

/// The streaming endpoints of an installation, in memory while the watch hears of every change; else the catalog is asked
/// for each request. Where there is no endpoint, asking costs a look at an empty table.
public final class StreamingEndpoints: Sendable {
    /// Calls the function with a named secret's bytes; nil when there is none, or it cannot be unwrapped.
    public typealias Secrets = @Sendable (_ name: String, _ body: (UnsafeRawBufferPointer) -> Bool) -> Bool?

    /// What is known without asking the catalog.
    public enum Known: Sendable {
        /// Nil: no endpoint has a say.
        case rules(EndpointRules?)
        /// The catalog has to be asked.
        case unknown
    }

    private struct Everything: Hashable, Sendable {}

    /// A signature that was found good, under the secrets of an endpoint.
    private struct Accepted: Hashable, Sendable {
        /// Of the secrets.
        var revision: Int
        var secret: String
        var alternate: String?
        @Exact var text: String
    }

    /// Signatures that are remembered: a viewer shows the same one with each segment.
    private static let rememberedSignatures = 20_000
    /// Shorter secrets make no codes (RFC 2104, 3 wants as many bytes as the hash has; half of it is the least here).
    private static let shortestSecret = 16

    private let catalog: any CatalogEngine
    private let secrets: Secrets
    private let revision: @Sendable () -> Int
    private let table: WatchedMemory<Everything, EndpointTable>
    private let accepted: WatchedMemory<Accepted, PathSignature>
    private let traffic = Mutex<[Exact<String>: EndpointTraffic]>([:])
    private let now: @Sendable () -> Date

    /// - Parameters:
    ///   - revision: of secrets that change without the catalog: a signature that was good under another one is checked again.
    ///   - now: the clock; tests set it.
    public init(
        catalog: any CatalogEngine, watch: CatalogWatch, secrets: @escaping Secrets,
        revision: @escaping @Sendable () -> Int = { 0 }, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.catalog = catalog
        self.secrets = secrets
        self.revision = revision
        self.now = now
        table = WatchedMemory(watch: watch, capacity: 2) { $0.subject == .streamingEndpoint ? .everything : .nothing }
        accepted = WatchedMemory(watch: watch, capacity: Self.rememberedSignatures) { notice in
            notice.subject == .secret || notice.subject == .streamingEndpoint ? .everything : .nothing
        }
    }

    /// Whether it is known that there is no endpoint.
    public var areNone: Bool { table.known(Everything())?.isEmpty ?? false }

    /// The endpoint of a host, from memory.
    ///
    /// - Parameter authority: of the request, as it came.
    public func known(_ authority: String?) -> Known {
        table.known(Everything()).map { .rules($0.rules(of: authority)) } ?? .unknown
    }

    /// The endpoint of a host; nil where none has a say.
    ///
    /// - Throws: `CatalogError` when it cannot be told.
    public func rules(_ authority: String?) async throws -> EndpointRules? {
        let table = try await table.value(of: Everything()) { makeTable(try await catalog.streamingEndpoints()) }
        return table?.rules(of: authority)
    }

    private func makeTable(_ endpoints: [StreamingEndpoint]) -> EndpointTable {
        // What is under way goes on being counted, unless it is counted otherwise now.
        let traffic = traffic.withLock { known in
            let kept = known
            known = [:]
            for endpoint in endpoints {
                let same = kept[Exact(endpoint.name)].flatMap { $0.limits == endpoint.limits ? $0 : nil }
                known[Exact(endpoint.name)] = same ?? EndpointTraffic(endpoint.limits)
            }
            return known
        }
        return EndpointTable(
            endpoints.compactMap { endpoint in
                traffic[Exact(endpoint.name)].map { EndpointRules(endpoint: endpoint, traffic: $0) }
            })
    }

    /// Lets a request in, or says why not. Whoever is let in is counted.
    public func admit(_ visit: EndpointVisit, to rules: EndpointRules) throws(EndpointRefusal) -> EndpointAdmission {
        guard !rules.isOfUnknownHosts else { throw .hostUnknown }
        guard rules.endpoint.isRunning else { throw .stopped }
        // Policies cannot judge a request without an address.
        guard let client = visit.client, rules.endpoint.admits(client) else { throw .addressDenied }
        let signature = try signature(of: visit, client, rules.endpoint)
        try rules.traffic.countRequest(of: client)
        return EndpointAdmission(signature: signature, lease: try rules.traffic.begin(for: client))
    }

    private func signature(
        of visit: EndpointVisit, _ client: IPAddress, _ endpoint: StreamingEndpoint
    ) throws(EndpointRefusal) -> EndpointAdmission.Signature? {
        guard let rule = endpoint.signedURLs, rule.objects.contains(visit.object) else { return nil }
        // The query wins, as a header wins over it elsewhere: it is what the link was made with.
        guard let text = visit.signature ?? visit.cookies.flatMap(PathSignature.text(inCookies:)) else {
            throw .signatureMissing
        }
        let signature = try accept(text, rule)
        guard now() < signature.expires else { throw .signatureExpired }
        guard signature.covers(path: visit.path) else { throw .signaturePath }
        if let address = signature.address, address != client { throw .signatureAddress }
        return EndpointAdmission.Signature(
            expires: signature.expires, query: visit.signature, isBound: signature.address != nil)
    }

    /// What a signature says, when one of the secrets made it.
    private func accept(_ text: String, _ rule: SignedURLRule) throws(EndpointRefusal) -> PathSignature {
        guard text.utf8.count <= PathSignature.longest else { throw .signatureMalformed }
        // Asked before the secrets are: what changes in between is checked again.
        let name = Accepted(revision: revision(), secret: rule.secret, alternate: rule.alternate, text: text)
        if let known = accepted.known(name) { return known }
        guard let (signature, code) = PathSignature.read(text) else { throw .signatureMalformed }
        let kept = accepted.value(of: name) {
            let names = [rule.secret] + (rule.alternate.map { [$0] } ?? [])
            return names.contains { isCode(code, of: signature, under: $0) } ? signature : nil
        }
        guard let kept else { throw .signatureRejected }
        return kept
    }

    private func isCode(_ code: [UInt8], of signature: PathSignature, under secret: String) -> Bool {
        secrets(secret) { key in
            guard key.count >= Self.shortestSecret else { return false }
            return (try? HMAC.isValid(code, of: signature.signedText.utf8, key: key)) ?? false
        } ?? false
    }
}
