public import ContentKeys

/// What a Widevine licence challenge says of the keys it is for. The message is Google's `SignedMessage` with a
/// `LicenseRequest`; only the path to the KIDs is read, and the signature is the licence server's to check.
///
/// Where a protocol buffer reader may choose (the last of repeated fields wins, or they are merged), the challenge is
/// refused, so that what was judged here is what the licence server sees.
public enum WidevineChallenge {
    private enum MessageType {
        static let licenceRequest: UInt64 = 1
        static let serviceCertificateRequest: UInt64 = 4
    }

    /// The KIDs that the challenge names; none for the request of a service certificate, for a renewal and for content
    /// that goes by a content id.
    ///
    /// - Throws: for anything that is not a challenge.
    public static func keyIDs(in bytes: [UInt8]) throws(ProtectionSystemError) -> [KeyID] {
        let signed = try fields(of: bytes)
        guard case .number(let type)? = signed[1] else { throw malformed("it has no message type") }
        switch type {
        case MessageType.serviceCertificateRequest: return []
        case MessageType.licenceRequest:
            guard case .bytes(let message)? = signed[2] else { throw malformed("it has no message") }
            guard case .bytes(let content)? = try fields(of: message)[2] else {
                throw malformed("it does not say what it is for")
            }
            return try contentKeyIDs(content)
        default: throw malformed("it is not a licence request")
        }
    }

    /// `ContentIdentification`: one of four ways.
    private static func contentKeyIDs(_ bytes: [UInt8]) throws(ProtectionSystemError) -> [KeyID] {
        // Every field counts: a way that is not known here could be known there.
        let content = try fields(of: bytes, upTo: .max)
        guard content.count == 1, let (number, value) = content.first, case .bytes(let way) = value else {
            throw malformed("it is for several things at once")
        }
        switch number {
        case 1: return try headerKeyIDs(way)
        // The id of a WebM key.
        case 2: return try webMKeyIDs(try fields(of: way))
        // A licence that was given before.
        case 3: return []
        case 4: return try initialisationKeyIDs(try fields(of: way))
        default: throw malformed("it is for something unknown")
        }
    }

    /// One or more of what `pssh` boxes have as data.
    private static func headerKeyIDs(_ bytes: [UInt8]) throws(ProtectionSystemError) -> [KeyID] {
        var headers: [WidevineHeader] = []
        var reader = ProtocolBufferReader(bytes, .widevineChallenge)
        while let (number, value) = try reader.next() {
            guard number == 1 else { continue }
            guard case .bytes(let data) = value else { throw malformed("a field of the wrong type") }
            headers.append(try WidevineHeader(parsing: data))
        }
        return try keyIDs(of: headers)
    }

    /// Content may go by an id instead of KIDs, but then it is the only one: beside others, nobody would have judged it.
    private static func keyIDs(of headers: [WidevineHeader]) throws(ProtectionSystemError) -> [KeyID] {
        guard headers.count <= 1 || headers.allSatisfy({ !$0.keyIDs.isEmpty }) else {
            throw malformed("one of several things that it is for has no key id")
        }
        return headers.flatMap(\.keyIDs)
    }

    private static func webMKeyIDs(
        _ way: [UInt64: ProtocolBufferReader.Value]
    ) throws(ProtectionSystemError) -> [KeyID] {
        guard case .bytes(let bytes)? = way[1], let keyID = KeyID(bytes: bytes) else {
            throw malformed("a WebM key id is not 16 bytes")
        }
        return [keyID]
    }

    /// `pssh` boxes as they were in the media.
    private static func initialisationKeyIDs(
        _ way: [UInt64: ProtocolBufferReader.Value]
    ) throws(ProtectionSystemError) -> [KeyID] {
        guard case .bytes(let data)? = way[2] else { throw malformed("its initialisation data is missing") }
        if case .number(2)? = way[1] { return try webMKeyIDs([1: .bytes(data)]) }
        var (keyIDs, widevine, isNamed): ([KeyID], Int, Bool) = ([], 0, true)
        for header in try SystemHeader.headers(in: data) {
            keyIDs += header.keyIDs
            guard header.system == .widevine else { continue }
            let parsed = try WidevineHeader(parsing: header.data)
            keyIDs += parsed.keyIDs
            widevine += 1
            // A box of version 1 says its KIDs itself.
            isNamed = isNamed && !(parsed.keyIDs + header.keyIDs).isEmpty
        }
        guard widevine <= 1 || isNamed else {
            throw malformed("one of several things that it is for has no key id")
        }
        return keyIDs
    }

    /// The fields of a message that has each of them once.
    ///
    /// - Parameter last: fields above it are passed over.
    private static func fields(
        of bytes: [UInt8], upTo last: UInt64 = 4
    ) throws(ProtectionSystemError) -> [UInt64: ProtocolBufferReader.Value] {
        var fields: [UInt64: ProtocolBufferReader.Value] = [:]
        var reader = ProtocolBufferReader(bytes, .widevineChallenge)
        while let (number, value) = try reader.next() {
            // The remote attestations and other lists are of no interest; what is read has to be there once.
            guard number <= last else { continue }
            guard fields.updateValue(value, forKey: number) == nil else { throw malformed("a field comes twice") }
        }
        return fields
    }

    private static func malformed(_ reason: String) -> ProtectionSystemError {
        ProtectionSystemError(.widevineChallenge, reason)
    }
}
