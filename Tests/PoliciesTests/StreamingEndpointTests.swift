import Policies
import Testing

@Suite struct StreamingEndpointTests {
    @Test(arguments: [
        ("example.com", "example.com"), ("EXAMPLE.com:8080", "example.com"), ("example.com.", "example.com"),
        ("example.com.:80", "example.com"), ("[2001:db8::1]:80", "[2001:db8::1]"), ("[2001:db8::1]", "[2001:db8::1]"),
        ("", ""), (":80", ""),
    ])
    func hostsAreFound(authority: String, name: String) {
        #expect(EndpointHost.name(of: authority) == name)
    }

    @Test(arguments: ["a..b", "-a.b", "a-.b", "*.example.com", "a_b", "é.example", "", "A.example"])
    func whatIsNoHost(text: String) {
        #expect(!EndpointHost.isName(text))
    }

    @Test func addressesAreAdmitted() throws {
        var endpoint = StreamingEndpoint(name: "e")
        let (inside, outside) = (try #require(IPAddress("192.0.2.7")), try #require(IPAddress("203.0.113.1")))
        #expect(endpoint.admits(inside))
        endpoint.allow = [try #require(AddressBlock("192.0.2.0/24"))]
        #expect(endpoint.admits(inside))
        #expect(!endpoint.admits(outside))
        #expect(endpoint.admits(try #require(IPAddress("::ffff:192.0.2.7"))))
        endpoint.deny = [try #require(AddressBlock("192.0.2.7"))]
        #expect(!endpoint.admits(inside))
    }

    @Test(arguments: [
        "Connection", "keep-alive", "Transfer-Encoding", "Content-Length", "content-type", "Set-Cookie", "Vary",
        "Proxy-Anything", "Access-Control-Allow-Origin", "Sec-X", "X-Accel-Expires", "a b", "a:b", "", "é",
        String(repeating: "x", count: 65),
    ])
    func namesThatAreNoHeaders(name: String) {
        #expect(EndpointHeader(name: name, value: "v") == nil)
        #expect(EndpointHeader.problem(name: name, value: "v") != nil)
    }

    @Test(arguments: ["", " a", "a ", "a\r\nSet-Cookie: b", "a\u{0}", "é", "\t", String(repeating: "x", count: 1025)])
    func valuesThatAreNone(value: String) {
        #expect(EndpointHeader(name: "X-Robots-Tag", value: value) == nil)
    }

    @Test func headersThatAre() {
        #expect(EndpointHeader(name: "Strict-Transport-Security", value: "max-age=63072000; includeSubDomains") != nil)
    }
}
