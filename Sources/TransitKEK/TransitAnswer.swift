import ContentKeys
import Foundation
import KeyWrapping

/// What is read of the server's answers.
enum TransitAnswer {
    private struct WrappedKey: Decodable {
        struct Content: Decodable { var ciphertext: String }
        var data: Content
    }

    private struct Renewal: Decodable {
        struct Content: Decodable {
            var leaseDuration: Int64
            var renewable: Bool
            enum CodingKeys: String, CodingKey {
                case leaseDuration = "lease_duration"
                case renewable
            }
        }
        var auth: Content
    }

    /// The ciphertext of a new key; nil when the answer holds none, or something that is no ciphertext.
    static func ciphertext(_ body: [UInt8]) -> String? {
        guard let answer = try? JSONDecoder().decode(WrappedKey.self, from: Data(body)) else { return nil }
        return isCiphertext(answer.data.ciphertext) ? answer.data.ciphertext : nil
    }

    /// `vault:v1:` and base64, short enough for a 32-byte key.
    static func isCiphertext(_ text: String) -> Bool {
        text.utf8.count <= 4096 && text.wholeMatch(of: /vault:v[0-9]{1,9}:[A-Za-z0-9+\/]+={0,2}/) != nil
    }

    /// How long a token lives now, in seconds, and whether it can be renewed again.
    static func renewal(_ body: [UInt8]) -> (seconds: Int64, isRenewable: Bool)? {
        (try? JSONDecoder().decode(Renewal.self, from: Data(body))).map { ($0.auth.leaseDuration, $0.auth.renewable) }
    }

    /// The clear bytes in `"plaintext":"…"`, which the caller zeroes; nil unless there is exactly one such member and it
    /// is base64.
    ///
    /// Found by its bytes: a JSON decoder would leave the key in strings that nobody zeroes. Quotation marks within JSON
    /// strings are escaped, so no other member's value can look like it, and base64 needs no escapes.
    static func plaintext(_ body: [UInt8]) -> [UInt8]? {
        let name = Array(#""plaintext""#.utf8)
        let starts = body.indices.filter { body[$0...].starts(with: name) }
        guard starts.count == 1, let start = starts.first else { return nil }
        var rest = body[(start + name.count)...].drop(while: isSpace)
        guard rest.popFirst() == UInt8(ascii: ":") else { return nil }
        rest = rest.drop(while: isSpace)
        guard rest.popFirst() == UInt8(ascii: "\""), let end = rest.firstIndex(of: UInt8(ascii: "\"")) else {
            return nil
        }
        return KeyText.base64(rest[..<end])
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        [0x20, 0x09, 0x0A, 0x0D].contains(byte)
    }
}
