import Policies

/// A JWS in compact serialisation (RFC 7515, 3.1): exactly three parts in canonical base64url, whose bytes nobody has
/// looked at yet.
struct CompactSerialization {
    var header: [UInt8]
    var payload: [UInt8]
    /// The first two parts as they came (RFC 7515, 5.2), and the third's bytes.
    var signed: SignedText

    init(_ token: [UInt8]) throws(TokenRejection) {
        let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Base64.decode(parts[0], .urlUnpadded), let payload = Base64.decode(parts[1], .urlUnpadded),
            let signature = Base64.decode(parts[2], .urlUnpadded)
        else { throw .malformed }
        self.header = header
        self.payload = payload
        signed = SignedText(text: Array(token[..<parts[1].endIndex]), signature: signature)
    }
}
