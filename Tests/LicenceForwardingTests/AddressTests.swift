import Testing

@testable import LicenceForwarding

/// Where licence servers may be: an entitlement and a challenge do not cross a network in the clear.
@Suite struct AddressTests {
    @Test(arguments: [
        ("https://licences.example/wv?tenant=7", "https://licences.example"),
        ("https://licences.example:8443/", "https://licences.example:8443"), ("HTTPS://A.Example", "https://a.example"),
        ("http://127.0.0.1:9000/x", "http://127.0.0.1:9000"), ("http://127.8.0.1", "http://127.8.0.1"),
        ("http://localhost:1", "http://localhost:1"), ("http://[::1]:9000/", "http://[::1]:9000"),
    ])
    func addressesAreTaken(text: String, origin: String) {
        #expect(LicenceServerAddress(text)?.origin == origin)
    }

    @Test(arguments: [
        "", "licences.example", "http://licences.example", "http://10.0.0.1/", "http://127.0.0.1.example/",
        "http://127.0.0.256/", "http://localhost.example/", "http://[::2]/", "ftp://127.0.0.1/", "https://",
        "https://user@licences.example/", "https://u:p@licences.example/", "https://a.example/#x", "https://a b/",
        "https://a.example/\u{e9}", "file:///etc/passwd",
    ])
    func othersAreNot(text: String) {
        #expect(LicenceServerAddress(text) == nil)
    }
}
