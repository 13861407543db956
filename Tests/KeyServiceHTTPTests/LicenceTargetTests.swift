import ContentKeys
import HTTPSurface
import Testing

@testable import KeyServiceHTTP

/// The keys that the URL of a licence request names.
@Suite struct LicenceTargetTests {
    private static let one = "00010203-0405-0607-0809-0a0b0c0d0e0f"
    private static let two = "ffeeddcc-bbaa-9988-7766-554433221100"

    @Test(arguments: [
        ("", []), ("token=x", []), ("kid=\(one)", [one]), ("KID=\(one.uppercased())&kid=\(two)", [one, two]),
        ("kid=\(one),\(two),\(one)", [one, two]), ("kid=\(one)%2C\(two)", [one, two]),
        ("a=b&kid=ffeeddccbbaa99887766554433221100&c", [two]),
    ])
    func areRead(query: String, keyIDs: [String]) throws {
        #expect(try LicenceRoutes.keyIDs(in: RequestTarget(query: query)).map(\.description) == keyIDs)
    }

    @Test(arguments: ["kid=", "kid=,", "kid=x", "kid=\(one),", "kid=\(one);\(two)", "kid=%FF", "kid=\(one)&kid="])
    func areRefused(query: String) {
        let problem = #expect(throws: Problem.self) { try LicenceRoutes.keyIDs(in: RequestTarget(query: query)) }
        #expect(problem?.code == "kidMalformed")
    }

    @Test func areBounded() throws {
        let many = (0..<65).map { _ in KeyID.random().description }
        let most = RequestTarget(query: "kid=" + many.dropLast().joined(separator: ","))
        #expect(try LicenceRoutes.keyIDs(in: most).count == 64)
        #expect(throws: Problem.self) {
            try LicenceRoutes.keyIDs(in: RequestTarget(query: "kid=" + many.joined(separator: ",")))
        }
    }
}
