import ContentKeys
import Foundation
import HTTPSurface
import HTTPTypes
import KeyDelivery
import NIOCore
import Tokens

/// A ClearKey licence request (W3C Encrypted Media Extensions, 9.1.3): a JSON object in UTF-8,
/// `{"kids":["base64url",…],"type":"temporary"}`.
///
/// Members that are not known are ignored, as the section has it for answers; a member that comes twice makes the text
/// mean two things, and is refused. The order of KIDs is kept, and a KID that is repeated is one: browsers repeat them.
struct ClearKeyLicenceRequest {
    /// Most KIDs in a request.
    static let maximumKeyIDs = 64

    /// Each once, in the request's order.
    let keyIDs: [KeyID]

    init(parsing body: [UInt8]) throws(Problem) {
        guard let members = (try? JSONReader.read(body))?.members else {
            throw Self.malformed("The body is not a ClearKey licence request: {\"kids\":[…],\"type\":\"temporary\"}.")
        }
        try Self.checkType(members["type"])
        guard let kids = members["kids"]?.elements, (1...Self.maximumKeyIDs).contains(kids.count) else {
            throw Self.malformed("kids must be a list that names 1 to \(Self.maximumKeyIDs) keys.")
        }
        var keyIDs: [KeyID] = []
        for kid in kids {
            guard let text = kid.string, let bytes = Base64.decode(Array(text.utf8), .urlUnpadded),
                let keyID = KeyID(bytes: bytes)
            else { throw Self.malformed("A kid is not 16 bytes in base64url without padding.") }
            if !keyIDs.contains(keyID) { keyIDs.append(keyID) }
        }
        self.keyIDs = keyIDs
    }

    /// The type of the session (4.1). Left out it is `temporary`, as in `createSession()`. A licence that outlives its
    /// session would outlive its policy, so none is given.
    private static func checkType(_ type: JSONValue?) throws(Problem) {
        guard let type else { return }
        switch type.string {
        case "temporary": return
        case "persistent-license", "persistent-usage-record":
            throw Problem(
                .badRequest, code: "licenceTypeNotAvailable",
                detail: "Only licences of the type temporary are given, which end with their session.",
                choices: ["temporary"])
        default: throw malformed("type is not the type of a session: temporary.")
        }
    }

    private static func malformed(_ detail: String) -> Problem {
        Problem(.badRequest, code: "licenceRequestMalformed", detail: detail)
    }
}

/// A ClearKey licence (W3C Encrypted Media Extensions, 9.1.4): a JWK Set (RFC 7517, 5) of symmetric keys, with the type of
/// the session. Base64url without padding throughout: browsers refuse anything else.
struct ClearKeyLicence {
    let keys: [ReleasedKey]

    var json: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString(#"{"keys":["#)
        for (position, released) in keys.enumerated() {
            let value = released.key.withUnsafeBytes { Base64.encode($0, .urlUnpadded) }
            let keyID = Base64.encode(released.keyID.bytes, .urlUnpadded)
            buffer.writeString(position == 0 ? "" : ",")
            buffer.writeString(#"{"kty":"oct","kid":"\#(keyID)","k":"\#(value)"}"#)
        }
        buffer.writeString(#"],"type":"temporary"}"#)
        return buffer
    }
}
