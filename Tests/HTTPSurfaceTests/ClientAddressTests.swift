import Policies
import Testing

@testable import HTTPSurface

@Suite struct ClientAddressTests {
    private func rule(_ blocks: String...) throws -> ClientAddressRule {
        ClientAddressRule(trustedProxies: try blocks.map { try #require(AddressBlock($0)) })
    }

    @Test(arguments: [
        // Nobody else's word counts.
        ("203.0.113.9", [], ["198.51.100.1"], "203.0.113.9"),
        // The nearest address that is not a proxy of ours, from the right.
        ("10.0.0.1", [], ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [], ["1.2.3.4, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", [], ["1.2.3.4", "198.51.100.1 , 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", [], ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["for=198.51.100.1;proto=https;by=10.0.0.1"], [], "198.51.100.1"),
        // Of a proxy that writes both.
        ("10.0.0.1", ["for=198.51.100.1;proto=https;by=10.0.0.1"], ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["for=1.2.3.4, for=198.51.100.1"], ["5.6.7.8, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("203.0.113.9", ["for=1.2.3.4"], ["5.6.7.8"], "203.0.113.9"),
        ("10.0.0.1", ["for=1.2.3.4, For=\"[2001:db8::7]:80\""], [], "2001:db8::7"),
        ("10.0.0.1", [], [], "10.0.0.1"),
        ("10.0.0.1", [], ["10.2.2.2, 10.3.3.3"], "10.2.2.2"),
        ("::ffff:10.0.0.1", [], ["198.51.100.1"], "198.51.100.1"),
        // What stands left of the client is the client's own word, whatever it is.
        ("10.0.0.1", [], ["unknown, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [], ["junk", ", 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["for=_hidden, for=198.51.100.1"], [], "198.51.100.1"),
        ("10.0.0.1", [], [String(repeating: "1.1.1.1,", count: 40) + "198.51.100.1"], "198.51.100.1"),
    ])
    func theClientIsFound(peer: String, forwarded: [String], forwardedFor: [String], client: String) throws {
        let found = try rule("10.0.0.0/8").client(
            peer: IPAddress(peer), forwarded: forwarded, forwardedFor: forwardedFor)
        #expect(found == IPAddress(client))
    }

    /// A trusted proxy that says nonsense leaves no address, which no policy allows.
    @Test(arguments: [
        ([], ["unknown"]), ([], ["1.2.3.4, , 10.0.0.2"]), ([], ["1.2.3.4:port"]), ([], ["[::1"]),
        ([], ["fe80::1%eth0"]),
        (["for=_hidden"], []), (["proto=https"], []), (["for=1.2.3.4;for=5.6.7.8"], []), (["for=\"1.2.3.4"], []),
        ([], [String(repeating: "10.0.0.2,", count: 40) + "10.0.0.3"]),
        // A proxy that writes one of them, and a client that wrote the other.
        (["for=192.0.2.7"], ["198.51.100.1"]), (["for=192.0.2.7"], ["192.0.2.7, 198.51.100.1"]),
        (["for=198.51.100.1"], ["192.0.2.7"]), (["for=_hidden"], ["198.51.100.1"]), (["for=198.51.100.1"], ["x"]),
    ])
    func nonsenseIsNoAddress(forwarded: [String], forwardedFor: [String]) throws {
        let found = try rule("10.0.0.0/8").client(
            peer: IPAddress("10.0.0.1"), forwarded: forwarded, forwardedFor: forwardedFor)
        #expect(found == nil)
    }
}

@Suite struct ProxyProtocolTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    @Test(arguments: [
        ("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", "192.0.2.1"),
        ("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "2001:db8::1"),
    ])
    func aLineIsRead(line: String, source: String) {
        let bytes = Array(line.utf8)
        let header = ProxyProtocol.Outcome.header(source: IPAddress(source), length: bytes.count)
        #expect(ProxyProtocol.parse(bytes + Array("GET /".utf8)) == header)
        for count in 1..<bytes.count { #expect(ProxyProtocol.parse(Array(bytes.prefix(count))) == .incomplete) }
    }

    @Test(arguments: [
        "PROXY TCP4 192.0.2.1 192.0.2.2 56324\r\n", "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n",
        "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", "PROXY\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", "GET / HTTP/1.1\r\n", "P" + String(repeating: "x", count: 107),
    ])
    func otherLinesAreRefused(line: String) {
        #expect(ProxyProtocol.parse(Array(line.utf8)) == .malformed)
    }

    @Test func binaryHeadersAreRead() {
        let four: [UInt8] = Self.signature + [0x21, 0x11, 0, 12, 192, 0, 2, 1, 192, 0, 2, 2, 1, 2, 3, 4]
        #expect(ProxyProtocol.parse(four + [7]) == .header(source: IPAddress("192.0.2.1"), length: 28))
        for count in 1..<28 { #expect(ProxyProtocol.parse(Array(four.prefix(count))) == .incomplete) }
        let local: [UInt8] = Self.signature + [0x20, 0x00, 0, 0]
        #expect(ProxyProtocol.parse(local) == .header(source: nil, length: 16))
        for (command, family, length) in [(0x31, 0x11, 12), (0x21, 0x12, 12), (0x21, 0x11, 11), (0x21, 0x21, 12)] {
            let bytes = Self.signature + [UInt8(command), UInt8(family), 0, UInt8(length)]
            #expect(ProxyProtocol.parse(bytes + [UInt8](repeating: 1, count: 64)) == .malformed)
        }
    }

    /// Bytes of anybody: an answer, and never a trap.
    @Test func anythingIsAnswered() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<10_000 {
            var bytes = Bool.random(using: &generator) ? Self.signature : Array("PROXY TCP4 ".utf8)
            let count = Int.random(in: 0...80, using: &generator)
            bytes += (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            if case .header(_, let length) = ProxyProtocol.parse(bytes) { #expect(length <= bytes.count) }
        }
    }
}

/// SplitMix64: the same numbers in each run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
