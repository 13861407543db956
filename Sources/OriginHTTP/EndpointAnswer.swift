import Foundation
import HTTPSurface
import HTTPTypes
import Origin
import Policies

/// What an endpoint adds to the headers of an answer.
struct EndpointAnswer {
    let rules: EndpointRules
    let admission: EndpointAdmission
    /// The segment that follows the one that was asked for.
    let next: OriginRequest?

    private static let link = HTTPField.Name("Link")
    private static let nextObject = HTTPField.Name("CMSD-Static")
    private static let assistedPrefetch = HTTPField.Name("CDN-Origin-Assist-Prefetch-Path")
    private static let cacheTag = HTTPField.Name("Cache-Tag")
    private static let surrogateKey = HTTPField.Name("Surrogate-Key")

    func add(to fields: inout HTTPFields, _ request: OriginRequest, _ lifetime: CacheLifetime, at now: Date) {
        if fields[.cacheControl] != "no-store", let control = cacheControl(request.endpointObject, lifetime, at: now) {
            fields[.cacheControl] = control
        }
        for header in rules.endpoint.headers {
            guard let name = HTTPField.Name(header.name) else { continue }
            fields[name] = header.value
        }
        if rules.endpoint.tagsAnswers { addTags(of: request, &fields) }
        if let next { addNext(next, &fields) }
    }

    /// Nil for the usual.
    private func cacheControl(_ object: EndpointObject, _ lifetime: CacheLifetime, at now: Date) -> String? {
        guard lifetime != .session else { return nil }
        let rule = rules.endpoint.cache[object]
        guard let signature = admission.signature, rules.endpoint.signedURLs?.checkedAtEdge != true else {
            return rule.map { $0.text(object) }
        }
        // Nobody may have it from a cache after the signature's end; from one that does not ask for the cookie, or for the
        // address that the signature is for, not at all.
        let left = max(Int(signature.expires.timeIntervalSince(now)), 0)
        let age = min((rule ?? lifetime.usual).maxAge, left)
        guard signature.query != nil, !signature.isBound else { return "private, max-age=\(age)" }
        return "public, max-age=\(age), s-maxage=\(min((rule ?? lifetime.usual).shared, left))"
    }

    private func addTags(of request: OriginRequest, _ fields: inout HTTPFields) {
        let tags = request.cacheTags
        if let name = Self.cacheTag { fields[name] = tags.joined(separator: ",") }
        if let name = Self.surrogateKey { fields[name] = tags.joined(separator: " ") }
    }

    /// For browsers and CDNs (RFC 8288), for players by CTA-5006, and as the reference said it to Akamai's caches.
    private func addNext(_ next: OriginRequest, _ fields: inout HTTPFields) {
        let path = OriginPath.print(next)
        // A copy that all signatures share says nobody's.
        let isShared = rules.endpoint.signedURLs?.checkedAtEdge == true
        let query = isShared ? "" : admission.signature?.parameter.map { "?" + $0 } ?? ""
        if let name = Self.link { fields[name] = "<\(path)\(query)>; rel=\"prefetch\"" }
        // Relative to the object's own URL.
        let file = path.split(separator: "/").last.map(String.init) ?? ""
        if let name = Self.nextObject { fields[name] = "nor=\"\(file)\(query)\"" }
        if let name = Self.assistedPrefetch { fields[name] = path + query }
    }
}

extension CacheRule {
    fileprivate var shared: Int { sharedMaxAge ?? maxAge }

    fileprivate func text(_ object: EndpointObject) -> String {
        var text = "public, max-age=\(maxAge), s-maxage=\(shared)"
        if let staleWhileRevalidate { text += ", stale-while-revalidate=\(staleWhileRevalidate)" }
        // Its URL names all that it depends on.
        return object == .segment ? text + ", immutable" : text
    }
}

extension CacheLifetime {
    /// In seconds: what `ObjectAnswer` tells caches.
    var usual: CacheRule {
        switch self {
        case .immutable: CacheRule(maxAge: 31_536_000)
        case .revisable: CacheRule(maxAge: 60)
        case .short, .shortWithoutTicket: CacheRule(maxAge: 2)
        case .session: CacheRule(maxAge: 0)
        }
    }
}
