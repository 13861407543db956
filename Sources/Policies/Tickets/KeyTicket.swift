public import ContentKeys
public import Foundation

/// What a viewer may fetch without showing a token again: the origin writes it into the key URIs of a playlist, for players
/// that cannot set headers.
///
/// It stands in for the token restrictions of the options that granted, and for nothing else: addresses, disabled keys,
/// changed policies, revocations, limits of uses, and the locator and delivery policy that it was given at count when the key
/// is fetched. Made from grants only, so that there is no ticket for what the evaluator did not allow.
public struct KeyTicket: Sendable, Hashable {
    /// The keys that one option of a policy granted.
    public struct Entry: Sendable, Hashable {
        @Exact public var policy: String
        @Exact public var option: String
        /// Of the policy when it granted: `KeyTicketReader.revision`.
        public var revision: [UInt8]
        public var keyIDs: [KeyID]
        /// How often the token may be used; nil for any number.
        public var maximumUses: Int?
        /// `UseLimit.unusedBefore`, in whole seconds.
        public var unusedBefore: Date?

        public init(
            policy: String, option: String, revision: [UInt8], keyIDs: [KeyID], maximumUses: Int?,
            unusedBefore: Date? = nil
        ) {
            self.policy = policy
            self.option = option
            self.revision = revision
            self.keyIDs = keyIDs
            self.maximumUses = maximumUses
            self.unusedBefore = unusedBefore
        }
    }

    /// Where a ticket was given: it is good only while a ticket would be given there.
    public struct Place: Sendable, Hashable {
        public var locator: LocatorID
        /// The name of the delivery policy, of those on the locator, that let the playlist out.
        @Exact public var deliveryPolicy: String

        public init(locator: LocatorID, deliveryPolicy: String) {
            self.locator = locator
            self.deliveryPolicy = deliveryPolicy
        }
    }

    public var place: Place
    public var entries: [Entry]
    public var expires: Date
    /// The only address that may use it; nil for any.
    public var clientAddress: IPAddress?
    /// The token that was shown, without its claims.
    public var token: VerifiedToken

    /// As it was read from a sealed text.
    public init(place: Place, entries: [Entry], expires: Date, clientAddress: IPAddress?, token: VerifiedToken) {
        self.place = place
        self.entries = entries
        self.expires = expires
        self.clientAddress = clientAddress
        self.token = token
    }

    /// In seconds: a ticket lives no longer than two of these, and changes no more often than once in one.
    public static let period: TimeInterval = 6 * 3600

    /// From grants under one token, each with its policy's revision; nil when no grant asked for a token.
    ///
    /// Equal arguments give equal tickets within a period, so that a player sees the same key URI whenever it reads the
    /// playlist again.
    public init?(
        _ grants: [(grant: Grant, revision: [UInt8])], place: Place, clientAddress: IPAddress?, at now: Date
    ) {
        guard var token = grants.lazy.compactMap(\.grant.token).first else { return nil }
        var entries: [Entry] = []
        for (grant, revision) in grants where grant.token?.identity == token.identity && grant.delivery == .aes {
            let entry = Entry(
                policy: grant.policy, option: grant.option, revision: revision, keyIDs: [],
                maximumUses: grant.useLimit?.maximum,
                unusedBefore: grant.useLimit?.unusedBefore.map {
                    Date(timeIntervalSince1970: $0.timeIntervalSince1970.rounded(.down))
                })
            let position = entries.firstIndex { $0.isAlike(entry) } ?? entries.endIndex
            if position == entries.endIndex { entries.append(entry) }
            entries[position].keyIDs.append(grant.keyID)
            if let signer = grant.token?.signer { token.signer = token.signer.joined(with: signer) }
        }
        guard !entries.isEmpty else { return nil }
        token.claims = [:]
        let periods = (now.timeIntervalSince1970 / Self.period).rounded(.down) + 2
        self.init(
            place: place, entries: entries,
            expires: min(token.expires, Date(timeIntervalSince1970: periods * Self.period)),
            clientAddress: clientAddress, token: token)
    }

    /// The keys that it opens.
    public var keyIDs: [KeyID] { entries.flatMap(\.keyIDs) }
}

extension KeyTicket.Entry {
    fileprivate func isAlike(_ other: KeyTicket.Entry) -> Bool {
        _policy == other._policy && _option == other._option && revision == other.revision
            && maximumUses == other.maximumUses && unusedBefore == other.unusedBefore
    }
}

/// Reads sealed tickets.
public protocol KeyTicketReader: Sendable {
    /// The ticket that a text holds; nil for what this installation did not seal.
    func open(_ text: String) -> KeyTicket?

    /// Names a policy as it is: any change gives another name.
    func revision(of policy: AuthorizationPolicy) -> [UInt8]

    /// Whether the key that verified the token still verifies tokens under the policy: published keys come and go without
    /// a change of the policy. Secrets are held against what was sealed by `open`.
    func isInForce(_ signer: TokenSigner, under policy: AuthorizationPolicy) -> Bool

    /// The terms of the locator that a ticket was given at; nil when it is not there, or that cannot be told.
    func terms(of locator: LocatorID) -> LocatorTerms?
}

/// Seals tickets, too.
public protocol KeyTicketSealing: KeyTicketReader {
    /// Characters that a query may have as they are; nil when it cannot be sealed.
    func seal(_ ticket: KeyTicket) -> String?
}

/// Opens nothing.
public struct NoTickets: KeyTicketReader {
    public init() {}
    public func open(_ text: String) -> KeyTicket? { nil }
    public func revision(of policy: AuthorizationPolicy) -> [UInt8] { [] }
    public func isInForce(_ signer: TokenSigner, under policy: AuthorizationPolicy) -> Bool { false }
    public func terms(of locator: LocatorID) -> LocatorTerms? { nil }
}
