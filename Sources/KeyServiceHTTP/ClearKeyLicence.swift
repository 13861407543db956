import ContentKeys
import Foundation
import HTTPSurface
import HTTPTypes
import Hummingbird
import KeyDelivery
import NIOCore

/// A ClearKey licence request (W3C EME, 9.1.3): `{"kids":["base64url",…],"type":"temporary"}`.
struct ClearKeyLicenceRequest {
    /// Most KIDs in a request.
    static let maximumKeyIDs = 64

    let keyIDs: [KeyID]

    init(_ request: Request) async throws {
        struct Document: Decodable {
            var kids: [String]
            var type: String?
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: KeyServiceRoutes.maximumBody)
        } catch is NIOTooManyBytesError {
            throw Problem(.contentTooLarge, code: "bodyTooLarge", detail: "The body is longer than 64 KiB.")
        }
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(body.readableBytesView)) else {
            throw Self.malformed("The body is not a ClearKey licence request: {\"kids\":[…],\"type\":\"temporary\"}.")
        }
        guard document.type ?? "temporary" == "temporary" else {
            throw Self.malformed("Only temporary licences are given.")
        }
        guard (1...Self.maximumKeyIDs).contains(document.kids.count) else {
            throw Self.malformed("kids must name 1 to \(Self.maximumKeyIDs) keys.")
        }
        keyIDs = try document.kids.map { text in
            guard let keyID = KeyID(base64URL: text) else {
                throw Self.malformed("A kid is not 16 bytes in base64url without padding.")
            }
            return keyID
        }
    }

    private static func malformed(_ detail: String) -> Problem {
        Problem(.badRequest, code: "licenceRequestMalformed", detail: detail)
    }
}

/// A ClearKey licence (W3C EME, 9.1.4): a JWK Set of symmetric keys, base64url without padding.
struct ClearKeyLicence {
    let keys: [ReleasedKey]

    var json: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString(#"{"keys":["#)
        for (position, released) in keys.enumerated() {
            let value = released.key.withUnsafeBytes { Data($0).base64URL }
            buffer.writeString(position == 0 ? "" : ",")
            buffer.writeString(#"{"kty":"oct","kid":"\#(Data(released.keyID.bytes).base64URL)","k":"\#(value)"}"#)
        }
        buffer.writeString(#"],"type":"temporary"}"#)
        return buffer
    }
}

extension Data {
    fileprivate var base64URL: String {
        base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }
}

extension KeyID {
    /// From 22 characters of canonical base64url without padding.
    fileprivate init?(base64URL text: String) {
        guard text.utf8.count == 22, !text.contains(where: { $0 == "+" || $0 == "/" || $0 == "=" }) else { return nil }
        let standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/") + "=="
        guard let data = Data(base64Encoded: standard), data.base64URL == text else { return nil }
        self.init(bytes: data)
    }
}
