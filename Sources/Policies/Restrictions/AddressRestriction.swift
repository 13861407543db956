/// The client's address must lie in an allowed block and in no denied one. An empty allow list allows nothing.
public struct AddressRestriction: Sendable, Hashable, Codable {
    public var allow: [AddressBlock]
    public var deny: [AddressBlock]

    public init(allow: [AddressBlock], deny: [AddressBlock] = []) {
        self.allow = allow
        self.deny = deny
    }

    /// Whether the address passes.
    public func holds(for address: IPAddress) -> Bool {
        allow.contains { $0.contains(address) } && !deny.contains { $0.contains(address) }
    }
}
