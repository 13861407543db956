import ContentKeys
import Policies

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The bytes of a ticket: a version, then its fields in order, each text and list preceded by its length. Integers are
/// big-endian.
enum TicketWriter {
    static let version: UInt8 = 3
    /// Without the times before which tokens were not used.
    static let versionWithoutTimes: UInt8 = 2

    /// Nil for what has a text or a list that is too long.
    static func bytes(of ticket: KeyTicket) -> [UInt8]? {
        var bytes: [UInt8] = [version]
        let seconds = ticket.expires.timeIntervalSince1970.rounded(.down)
        guard let expires = UInt64(exactly: seconds),
            let tokenExpires = UInt64(exactly: ticket.token.expires.timeIntervalSince1970.rounded(.down))
        else { return nil }
        append(expires, to: &bytes)
        append(tokenExpires, to: &bytes)
        bytes += ticket.place.locator.bytes
        let texts = [
            ticket.place.deliveryPolicy, ticket.clientAddress?.description, ticket.token.kind.rawValue,
            ticket.token.issuer,
            ticket.token.subject, ticket.token.tokenID, ticket.token.signer.keyID, ticket.token.signer.secret,
        ]
        for text in texts { guard append(text, to: &bytes) else { return nil } }
        guard append(ticket.token.identity, to: &bytes), append(ticket.token.signer.fingerprint, to: &bytes),
            let count = UInt8(exactly: ticket.entries.count)
        else { return nil }
        bytes.append(count)
        for entry in ticket.entries {
            guard append(entry.policy, to: &bytes), append(entry.option, to: &bytes),
                append(entry.revision, to: &bytes), let keys = UInt8(exactly: entry.keyIDs.count)
            else { return nil }
            append(UInt64(clamping: entry.maximumUses ?? 0), to: &bytes)
            append(UInt64(exactly: entry.unusedBefore?.timeIntervalSince1970.rounded(.down) ?? 0) ?? 0, to: &bytes)
            bytes.append(keys)
            for keyID in entry.keyIDs { bytes += keyID.bytes }
        }
        return bytes
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    private static func append(_ text: String?, to bytes: inout [UInt8]) -> Bool {
        append(text.map { Array($0.utf8) }, to: &bytes)
    }

    /// The length, one more than it is, in two bytes; zero for nothing.
    private static func append(_ content: [UInt8]?, to bytes: inout [UInt8]) -> Bool {
        let length = content.map { $0.count + 1 } ?? 0
        guard let length = UInt16(exactly: length) else { return false }
        bytes += [UInt8(length >> 8), UInt8(length & 0xFF)] + (content ?? [])
        return true
    }
}

/// Reads what `TicketWriter` wrote. It is authentic when it comes here, and yet nothing of it is trusted to be there.
struct TicketReader {
    private var rest: ArraySlice<UInt8>
    private var hasTimes = true

    init(rest: ArraySlice<UInt8>) {
        self.rest = rest
    }

    static func ticket(_ bytes: [UInt8]) -> KeyTicket? {
        var reader = TicketReader(rest: bytes[...])
        return reader.ticket()
    }

    private mutating func ticket() -> KeyTicket? {
        let version = rest.popFirst()
        hasTimes = version == TicketWriter.version
        guard hasTimes || version == TicketWriter.versionWithoutTimes, let expires = number(),
            let tokenExpires = number(),
            let locator = locator(), case .some(let deliveryPolicy?) = text(), case .some(let address) = text(),
            case .some(let kind?) = text(),
            case .some(let issuer?) = text(), case .some(let subject) = text(), case .some(let tokenID) = text(),
            case .some(let keyID) = text(), case .some(let secret) = text(), case .some(let identity?) = content(),
            case .some(let fingerprint) = content(), let count = rest.popFirst(), let kind = TokenKind(rawValue: kind)
        else { return nil }
        var entries: [KeyTicket.Entry] = []
        for _ in 0..<count {
            guard let entry = entry() else { return nil }
            entries.append(entry)
        }
        let clientAddress = address.flatMap { IPAddress($0) }
        // An address that cannot be read binds to nobody, rather than to anybody.
        guard rest.isEmpty, address == nil || clientAddress != nil else { return nil }
        let token = VerifiedToken(
            kind: kind, issuer: issuer, subject: subject, tokenID: tokenID,
            expires: Date(timeIntervalSince1970: Double(tokenExpires)), claims: [:], identity: identity,
            signer: TokenSigner(keyID: keyID, fingerprint: fingerprint, secret: secret))
        return KeyTicket(
            place: KeyTicket.Place(locator: locator, deliveryPolicy: deliveryPolicy), entries: entries,
            expires: Date(timeIntervalSince1970: Double(expires)),
            clientAddress: clientAddress, token: token)
    }

    private mutating func locator() -> LocatorID? {
        guard rest.count >= 16 else { return nil }
        defer { rest = rest.dropFirst(16) }
        return LocatorID(bytes: rest.prefix(16))
    }

    private mutating func entry() -> KeyTicket.Entry? {
        guard case .some(let policy?) = text(), case .some(let option?) = text(), case .some(let revision?) = content(),
            let uses = number(), let unused = hasTimes ? number() : 0, let count = rest.popFirst(),
            rest.count >= Int(count) * 16
        else { return nil }
        var keyIDs: [KeyID] = []
        for _ in 0..<count {
            guard let keyID = KeyID(bytes: Array(rest.prefix(16))) else { return nil }
            keyIDs.append(keyID)
            rest = rest.dropFirst(16)
        }
        return KeyTicket.Entry(
            policy: policy, option: option, revision: revision, keyIDs: keyIDs,
            maximumUses: uses == 0 ? nil : Int(clamping: uses),
            unusedBefore: unused == 0 ? nil : Date(timeIntervalSince1970: Double(unused)))
    }

    private mutating func number() -> UInt64? {
        guard rest.count >= 8 else { return nil }
        defer { rest = rest.dropFirst(8) }
        return rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Inner nil for nothing, outer nil for damage.
    private mutating func content() -> [UInt8]?? {
        guard let high = rest.popFirst(), let low = rest.popFirst() else { return nil }
        let length = Int(high) << 8 | Int(low)
        guard length > 0 else { return .some(nil) }
        guard rest.count >= length - 1 else { return nil }
        defer { rest = rest.dropFirst(length - 1) }
        return .some(Array(rest.prefix(length - 1)))
    }

    private mutating func text() -> String?? {
        guard case .some(let content) = content() else { return nil }
        guard let content else { return .some(nil) }
        return String(validating: content, as: UTF8.self).map { .some($0) }
    }
}
