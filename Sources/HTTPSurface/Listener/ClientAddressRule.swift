public import HTTPTypes
public import Policies

/// Who the client is: the socket's peer, unless the peer is a proxy that is trusted to say.
///
/// A trusted proxy's `Forwarded` (RFC 7239) or `X-Forwarded-For` is read from right to left: each trusted address names the one
/// before it, and the first that is not trusted is the client. What the client itself wrote stands further left and is never
/// reached. Most proxies write only one of the two and pass the other on as the client sent it: where both are there, they
/// have to say the same.
public struct ClientAddressRule: Sendable, Hashable {
    /// The longest chain of proxies that is followed.
    static let longestChain = 16

    public var trustedProxies: [AddressBlock]

    public init(trustedProxies: [AddressBlock]) {
        self.trustedProxies = trustedProxies
    }

    /// The client's address.
    ///
    /// - Parameters:
    ///   - forwarded: the values of `Forwarded`, in order.
    ///   - forwardedFor: the values of `X-Forwarded-For`, in order.
    /// - Returns: nil when the peer is unknown, when a trusted proxy says something that is not an address, or when the two
    ///   fields lead to different ones: no policy then allows the request by address. What stands left of the client's address
    ///   is anybody's, and is not looked at.
    public func client(peer: IPAddress?, forwarded: [String], forwardedFor: [String]) -> IPAddress? {
        guard let peer, isTrusted(peer) else { return peer }
        guard !forwarded.isEmpty else { return client(peer, Self.addresses(forwardedFor: forwardedFor)) }
        let client = client(peer, Self.addresses(forwarded: forwarded))
        guard !forwardedFor.isEmpty else { return client }
        return self.client(peer, Self.addresses(forwardedFor: forwardedFor)) == client ? client : nil
    }

    /// The client, by one chain.
    private func client(_ peer: IPAddress, _ chain: [IPAddress?]) -> IPAddress? {
        for (place, named) in chain.reversed().enumerated() {
            guard place < Self.longestChain, let address = named else { return nil }
            if !isTrusted(address) { return address }
        }
        // All of them are ours: a request from within.
        return chain.first.flatMap { $0 } ?? peer
    }

    /// The same without reading headers where nobody is trusted.
    func client(peer: IPAddress?, forwarded: () -> [String], forwardedFor: () -> [String]) -> IPAddress? {
        guard !trustedProxies.isEmpty else { return peer }
        return client(peer: peer, forwarded: forwarded(), forwardedFor: forwardedFor())
    }

    public func client(peer: IPAddress?, headers: HTTPFields) -> IPAddress? {
        guard !trustedProxies.isEmpty else { return peer }
        return client(
            peer: peer, forwarded: Self.values("forwarded", in: headers),
            forwardedFor: Self.values("x-forwarded-for", in: headers))
    }

    private static func values(_ name: String, in headers: HTTPFields) -> [String] {
        HTTPField.Name(name).map { headers[values: $0] } ?? []
    }

    func isTrusted(_ address: IPAddress) -> Bool {
        trustedProxies.contains { $0.contains(address) }
    }

    /// The last elements, each nil where it is no address.
    private static func addresses(forwardedFor values: [String]) -> [IPAddress?] {
        elements(values).map { node(Substring(trimmed($0))) }
    }

    /// The `for` of each element (RFC 7239, 4).
    private static func addresses(forwarded values: [String]) -> [IPAddress?] {
        elements(values).map { element in
            let pairs = element.split(separator: ";").map(trimmed)
            let named = pairs.filter { $0.lowercased().hasPrefix("for=") }
            guard named.count == 1, let pair = named.first else { return nil }
            return node(unquoted(pair.dropFirst(4)))
        }
    }

    private static func elements(_ values: [String]) -> ArraySlice<Substring> {
        values.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }.suffix(longestChain + 1)
    }

    /// A node (RFC 7239, 6): an address, an IPv6 one in brackets, perhaps with a port; an obfuscated name is none.
    private static func node(_ text: Substring) -> IPAddress? {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let port = text[text.index(after: end)...]
            guard port.isEmpty || isPort(port) else { return nil }
            return IPAddress(String(text[text.index(after: text.startIndex)..<end]))
        }
        if let address = IPAddress(String(text)) { return address }
        guard let colon = text.lastIndex(of: ":"), isPort(text[colon...]) else { return nil }
        return IPAddress(String(text[..<colon]))
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && (2...6).contains(text.utf8.count)
            && text.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(String(text.drop(while: isSpace)).reversed().drop(while: isSpace).reversed())
    }

    private static func unquoted(_ text: Substring) -> Substring {
        text.count >= 2 && text.first == "\"" && text.last == "\"" ? text.dropFirst().dropLast() : text
    }
}
