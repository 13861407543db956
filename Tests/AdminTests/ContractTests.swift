import AdminClient
import Administration
import Catalog
import Foundation
import Testing

@testable import AdminContract

@Suite struct ContractTests {
    @Test func operationsAndAddressesAreUnique() {
        let routes = AdminRoutes.all
        #expect(Set(routes.map(\.operation)).count == routes.count)
        #expect(Set(routes.map { "\($0.method) \($0.path)" }).count == routes.count)
        #expect(routes.allSatisfy { $0.path.hasPrefix("/v1/") })
    }

    /// Braces in the path and the fields that stand there are the same.
    @Test func pathsNameTheirFields() {
        for route in AdminRoutes.all {
            let braces = route.path.matches(of: /\{(\w+)\}/).map { String($0.output.1) }
            #expect(braces == route.fields(in: .path).map(\.name), "\(route.operation)")
        }
    }

    @Test func schemasThatAreNamedExist() throws {
        let text = String(decoding: try OpenAPI.document(version: "0"), as: UTF8.self)
        for match in text.matches(of: /#\/components\/schemas\/(\w+)/) {
            #expect(AdminSchemas.all[String(match.output.1)] != nil, "\(match.output.1)")
        }
    }

    /// What a client writes, the server reads.
    @Test func requestsGoThereAndBack() throws {
        let verb = PublishAsset(
            asset: "film", authorizationPolicy: "a", deliveryPolicies: ["x", "y"],
            start: Date(timeIntervalSince1970: 1_800_000_000))
        let route = try AdminRoutes.route(of: PublishAsset.self)
        let data = try route.verb(try route.request(for: verb))
        let read = try AdminJSON.decoder.decode(PublishAsset.self, from: data)
        #expect(read.asset == "film")
        #expect(read.deliveryPolicies == ["x", "y"])
        #expect(read.start == verb.start)
        #expect(read.end == nil)
        let put = try AdminRoutes.route(of: PutDeliveryPolicy.self)
        let request = try put.request(for: PutDeliveryPolicy(name: "n", document: "a: 1", ifMatch: "\"t\""))
        #expect(request.path == ["name": "n"])
        #expect(request.headers == ["if-match": "\"t\""])
        #expect(request.body == Data("a: 1".utf8))
    }

    @Test func everyWrongFieldIsNamed() throws {
        let route = try AdminRoutes.route(of: PublishAsset.self)
        let body = #"{"aset":"x","deliveryPolicies":["ok","not ok",3],"start":"yesterday","end":5}"#
        do {
            _ = try route.verb(AdminRequest(query: [("q", "1")], body: Data(body.utf8)))
            Issue.record("accepted")
        } catch let error as OperatorError {
            #expect(error.code == .malformed)
            #expect(
                Set(error.fields.map(\.field)) == [
                    "q", "/aset", "/asset", "/deliveryPolicies/1", "/deliveryPolicies/2", "/start", "/end",
                ])
            #expect(error.fields.first { $0.field == "/aset" }?.detail.contains("'asset'") == true)
        }
    }

    @Test(arguments: [
        (TextForm.address, "192.0.2.7", true), (.address, "2001:db8::7", true), (.address, "1.2.3.999", false),
        (.address, "", false), (.address, "10.0.0.0/8", false), (.address, "[::1]", false),
        (.address, "fe80::1%eth0", false), (.address, "1.2.3.4\u{0}", false),
        (.base64(0...8), "", true), (.base64(0...8), "AAEC", true), (.base64(0...8), "AA==", true),
        (.base64(0...8), "AA", false), (.base64(0...8), "AAE!", false), (.base64(0...8), "AA EC", false),
        (.base64(0...8), "AAECAAECAAEC", false), (.base64(1...8), "", false), (.base64(0...8), "AA\n==", false),
        (.duration, "1s", true), (.duration, "30d", true), (.duration, "999999d", true), (.duration, "01s", false),
        (.duration, "0s", false), (.duration, "99999999d", false), (.duration, "5", false), (.duration, "-5m", false),
    ])
    func formsOfTexts(form: TextForm, text: String, isOfForm: Bool) {
        #expect((form.problem(text) == nil) == isOfForm)
    }

    /// Key bytes go over a protected connection only, and each such route says so.
    @Test func whatCarriesKeysSaysSo() throws {
        let routes = [
            try AdminRoutes.route(of: ImportKey.self), try AdminRoutes.route(of: ImportCPIX.self),
            try AdminRoutes.route(of: ImportAzureExports.self), try AdminRoutes.route(of: SetSecret.self),
            try AdminRoutes.route(of: ExportKey.self), try AdminRoutes.route(of: CreateKeySeed.self),
        ]
        #expect(routes.allSatisfy { $0.carriesKeys && $0.role == .keyAdmin })
        // Exports as large as they may be fit into a request, in base64.
        let route = try AdminRoutes.route(of: ImportAzureExports.self)
        #expect(route.maximumBody > ImportAzureExports.mostBytes * 4 / 3 + (1 << 20))
    }

    /// RFC 7240, 2: a list of preferences, each with parameters; names in any letter case.
    @Test(arguments: [
        ("respond-async", true), ("Respond-Async", true), ("wait=10, respond-async; x=1", true),
        ("return=minimal,respond-async", true), ("", false), ("respond-asynchronously", false),
        ("wait=respond-async", false),
        ("return=minimal; respond-async", false),
    ])
    func preferencesAreRead(field: String, isAsynchronous: Bool) {
        #expect(Preference.isAsynchronous(field) == isAsynchronous)
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{\"type\":null}", "{\"type\":{\"type\":1}}", String(repeating: "[", count: 100_000),
        String(repeating: "{\"a\":", count: 10_000), "{\"type\":\"common\"}x", "\u{0}", "{\"type\":1e999}",
    ])
    func hostileBodiesAreRefused(body: String) throws {
        let route = try AdminRoutes.route(of: CreateKey.self)
        #expect(throws: OperatorError.self) { try route.verb(AdminRequest(body: Data(body.utf8))) }
    }

    @Test(arguments: [
        "https://keys.example", "https://keys.example:8443/base/", "http://127.0.0.1:8090", "http://127.9.9.9",
        "http://[::1]:8090", "http://localhost:1",
    ])
    func tokensMayGoThere(url: String) throws {
        #expect(!(try AdminAddress(url)).description.hasSuffix("/"))
    }

    @Test(arguments: [
        "http://keys.example", "http://127.0.0.1.example.com", "http://10.0.0.1:8090", "ftp://x", "keys.example", "",
        "https://user:pw@keys.example", "https://keys.example/?token=x", "http://127.evil.example", "http://0.0.0.0",
    ])
    func tokensMayNotGoThere(url: String) {
        #expect(throws: OperatorError.self) { try AdminAddress(url) }
    }
}
