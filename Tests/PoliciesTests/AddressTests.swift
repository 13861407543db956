import Policies
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("::", "::"), ("::1", "::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:C000:0201", "192.0.2.1"),
        ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
    ])
    func addresses(text: String, canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test(arguments: [
        "", " 192.0.2.1", "192.0.2.1 ", "192.0.2", "192.0.2.256", "192.0.2.01", "0x7f.0.0.1", "2130706433", "1.2.3.4.5",
        "::1%lo", "[::1]", "::1::", "12345::", "192.0.2.1:80", "192.0.2.1\u{0}", "::1\u{0}x", "192.0.2.1/32", "１.2.3.4",
    ])
    func notAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(arguments: [0, 1, 3, 5, 15, 17, 32])
    func lengths(count: Int) {
        #expect(IPAddress(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.0", true), ("192.0.2.0/24", "192.0.2.255", true),
        ("192.0.2.0/24", "192.0.3.0", false),
        ("192.0.2.0/24", "192.0.1.255", false), ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "::1", false),
        ("::/0", "192.0.2.1", false), ("::/0", "::ffff:192.0.2.1", false), ("::/0", "ffff::", true),
        ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.128", true),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.0", false), ("192.0.2.0/31", "192.0.2.1", true),
        ("192.0.2.1", "::ffff:192.0.2.1", true), ("192.0.2.1", "::192.0.2.1", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::", false),
        ("2001:db8::1/128", "2001:db8::1", true), ("2001:db8::1/128", "2001:db8::2", false),
    ])
    func membership(block text: String, client: String, expected: Bool) throws {
        #expect(try block(text).contains(try address(client)) == expected)
    }

    @Test(arguments: [
        "", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+24", "192.0.2.0/024", "192.0.2.0/24/",
        "192.0.2.1/24", "10.0.0.1/8", "::1/0", "::/129", "2001:db8::1/32", "192.0.2.0/255.255.255.0", "192.0.2.0 /24",
        "192.0.2.0/99999999999999999999", "::ffff:192.0.2.0/120", "192.0.2.0/２4",
    ])
    func notBlocks(text: String) {
        #expect(AddressBlock(text) == nil)
    }

    @Test func everyPrefixCutsAtItsBit() throws {
        for length in 0...32 {
            let mask: UInt32 = length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length)
            let network = UInt32(0xC0A8_55AA) & mask
            let cidr = try block("\(Self.dotted(network))/\(length)")
            #expect(cidr.contains(try address(Self.dotted(network | ~mask))))
            if length > 0 {
                let outside = network ^ (1 << UInt32(32 - length))
                #expect(!cidr.contains(try address(Self.dotted(outside))))
            }
        }
    }

    private static func dotted(_ value: UInt32) -> String {
        [24, 16, 8, 0].map { "\(value >> UInt32($0) & 0xFF)" }.joined(separator: ".")
    }

    @Test func denyWinsAndEmptyAllowsNothing() throws {
        let inside = try address("192.0.2.1")
        #expect(!AddressRestriction(allow: []).holds(for: inside))
        #expect(!AddressRestriction(allow: [], deny: []).holds(for: inside))
        #expect(AddressRestriction(allow: [try block("0.0.0.0/0")]).holds(for: inside))
        let restriction = AddressRestriction(allow: [try block("0.0.0.0/0")], deny: [try block("192.0.2.0/24")])
        #expect(!restriction.holds(for: inside))
    }
}
