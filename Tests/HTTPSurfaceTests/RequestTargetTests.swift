import ContentKeys
import HTTPTypes
import NIOCore
import Policies
import Testing

@testable import HTTPSurface

@Suite struct RequestTargetTests {
    private static let keyID = "00112233-4455-6677-8899-aabbccddeeff"

    /// The fast path reads what the router reads.
    @Test(arguments: [
        ("/keys/aes?kid=\(keyID)", keyID), ("/keys/aes?KID=\(keyID)", keyID), ("/keys/aes?kId=\(keyID)", keyID),
        ("/keys/aes/\(keyID)", keyID), ("/keys/aes/\(keyID)?x=y", keyID), ("/keys/aes?x=y&kid=\(keyID)&z", keyID),
        ("/keys/aes?kid=00112233%2D4455-6677-8899-aabbccddeeff", keyID), ("/keys/aes", nil), ("/keys/aes?", nil),
        ("/keys/aes?kid=", nil), ("/keys/aes?kid=1", nil), ("/keys/aes?kid=\(keyID)&kid=\(keyID)", nil),
        ("/keys/aes/\(keyID)?kid=\(keyID)", nil), ("/keys/aes?k\u{49}d\u{20}=\(keyID)", nil),
        ("/keys/aes?kie=\(keyID)", nil),
        ("/keys/aes?+id=\(keyID)", nil), ("/keys/aes?ki=\(keyID)", nil), ("/keys/aes?kidd=\(keyID)", nil),
        ("/keys/aes?\u{B}id=\(keyID)", nil), ("/other?kid=\(keyID)", nil), ("", nil), ("?", nil),
    ])
    func keyIDs(target: String, expected: String?) throws {
        let request = FastRequest(method: .get, target: target, client: try #require(IPAddress("127.0.0.1")))
        for read in [RequestTarget(target), RequestTarget(of: request)] {
            #expect(read.keyID?.description == expected)
        }
    }

    /// An answer whose head is written takes bodies of its own length only.
    @Test func anAnswerTakesAnotherBody() throws {
        let answer = FastResponse(
            status: .ok, headers: [("a", "b")], body: ByteBuffer(string: "key"), requestID: "r"
        ).written
        let other = try #require(Array("KEY".utf8).withUnsafeBytes { answer.with(body: $0) })
        let text = String(buffer: other.serialized(ByteBufferAllocator()))
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 3\r\ndate: "))
        #expect(text.hasSuffix(" GMT\r\n\r\nKEY") && other.bodyLength == 3 && other.requestID == "r")
        #expect(String(buffer: answer.serialized(ByteBufferAllocator())).hasSuffix("\r\n\r\nkey"))
        #expect(Array("keys".utf8).withUnsafeBytes { answer.with(body: $0) } == nil)
    }
}
