import Foundation
import TestSupport
import Testing

/// Licence requests of Widevine, PlayReady and FairPlay through a running server, with a stand-in for the licence server.
@Suite(.serialized, .waiting) struct LicenceTests {
    private static let secret = "an entitlement secret of 32 bytes"
    private static let one = "11111111-2222-4333-8444-555555555555"
    private static let two = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
    private static let chained = "99999999-8888-4777-8666-555555555555"
    private static let withoutOption = "12121212-3434-4545-8656-676767676767"

    private final class Service: Sendable {
        static let shared = Result { try Service() }

        let data: DataFolder
        let server: RunningServer
        let upstream: LicenceUpstream
        let token: String
        let certificate: Data

        init() throws {
            data = try DataFolder()
            upstream = try LicenceUpstream(secret: LicenceTests.secret)
            try data.must("secret", "set", "sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
            try data.must("secret", "set", "entitlements", input: Data(LicenceTests.secret.utf8))
            let documents = try data.folder.write("licences.yaml", Data(Service.documents.utf8))
            try data.must("apply", documents)
            token = try data.must("token", "issue", "--policy", "viewers", "--lifetime", "1h").text
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let file = data.folder.path + "/fairplay.der"
            _ = try Tool.run([
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=FairPlay", "-outform", "DER",
                "-keyout", "/dev/null", "-out", file,
            ])
            certificate = try Data(contentsOf: URL(fileURLWithPath: file))
            var environment = ["KEYWAY_LICENCES_FAIRPLAY_CERTIFICATE": file]
            for system in ["WIDEVINE", "PLAYREADY", "FAIRPLAY"] {
                environment["KEYWAY_LICENCES_\(system)_URL"] = upstream.url
                environment["KEYWAY_LICENCES_\(system)_SECRET"] = "entitlements"
                environment["KEYWAY_LICENCES_\(system)_TIMEOUT"] = "2s"
            }
            server = try RunningServer(data, environment: environment)
        }

        static let documents = """
            kind: AuthorizationPolicy
            name: viewers
            options:
              - name: drm
                delivery: [widevine, playready, fairplay]
                restrictions:
                  - token:
                      type: jwt
                      issuer: https://sts.example
                      audience: urn:films
                      verificationKeys: [{ secret: sts, algorithms: [HS256] }]
            ---
            kind: AuthorizationPolicy
            name: keys-only
            options: [{ name: keys, delivery: [aes, clearkey], restrictions: [{ open: {} }] }]
            ---
            { kind: ContentKey, name: one, type: common, kid: \(one), authorizationPolicy: viewers }
            ---
            { kind: ContentKey, name: two, type: common, kid: \(two), authorizationPolicy: viewers }
            ---
            { kind: ContentKey, name: chained, type: common-cbcs, kid: \(chained), authorizationPolicy: viewers }
            ---
            { kind: ContentKey, name: other, type: common, kid: \(withoutOption), authorizationPolicy: keys-only }
            """
    }

    private let service: Service

    init() throws {
        service = try Service.shared.get()
        try service.upstream.set(mode: "")
    }

    private func problem(_ answer: Answer) -> String? {
        guard answer.headers["content-type"] == "application/problem+json" else { return nil }
        return (try? JSONSerialization.jsonObject(with: answer.body) as? [String: Any])?["code"] as? String
    }

    /// Protocol buffer fields, by hand.
    private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        let count = bytes.count
        return [number << 3 | 2] + (count < 128 ? [UInt8(count)] : [UInt8(count & 127) | 128, UInt8(count >> 7)])
            + bytes
    }

    private static func widevine(_ keyIDs: String...) -> Data {
        let header = keyIDs.flatMap { text -> [UInt8] in
            field(2, withUnsafeBytes(of: UUID(uuidString: text)?.uuid) { Array($0.prefix(16)) })
        }
        let request = field(1, Array("client".utf8)) + field(2, field(1, field(1, header)))
        return Data([0x08, 0x01] + field(2, request) + field(3, [UInt8](repeating: 1, count: 128)))
    }

    /// - Parameter data: the player's own.
    private static func playReady(_ keyID: String, data: String = "") -> Data {
        let uuid = withUnsafeBytes(of: UUID(uuidString: keyID)?.uuid) { Array($0.prefix(16)) }
        let guid = Data([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map { uuid[$0] }).base64EncodedString()
        return Data(
            """
            <?xml version="1.0" encoding="utf-8"?>
            <soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
            <AcquireLicense xmlns="http://schemas.microsoft.com/DRM/2007/03/protocols"><challenge>
            <Challenge xmlns="http://schemas.microsoft.com/DRM/2007/03/protocols/messages"><LA Id="SignedData">
            <ContentHeader><WRMHEADER xmlns="http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader" version="4.0.0.0">
            <DATA><PROTECTINFO><KEYLEN>16</KEYLEN><ALGID>AESCTR</ALGID></PROTECTINFO><KID>\(guid)</KID></DATA>
            </WRMHEADER></ContentHeader>\(data)</LA></Challenge></challenge></AcquireLicense></soap:Body></soap:Envelope>
            """.utf8)
    }

    private func ask(_ path: String, _ body: Data, token: String?, _ options: String...) throws -> Answer {
        let folder = try Folder()
        let file = try folder.write("challenge", body)
        let credential = token.map { ["-H", "Authorization: Bearer \($0)"] } ?? []
        return try curlWith(
            "\(service.server.origin)/keys/\(path)",
            ["-X", "POST", "--data-binary", "@\(file)", "-H", "Content-Type: application/octet-stream"] + credential
                + options)
    }

    /// As Azure Media Services took the token of players that can set no header.
    private static func customData(_ token: String) -> String {
        let name = "http://schemas.microsoft.com/Azure/MediaServices/KeyDelivery/PlayReadyCustomData/v1"
        return "<CustomData>&lt;CustomData xmlns=\"\(name)\"&gt;&lt;Token&gt;\(token)&lt;/Token&gt;&lt;/CustomData&gt;"
            + "</CustomData>"
    }

    @Test func aPlayReadyTokenMayLieInTheChallenge() throws {
        let data = Self.customData(service.token)
        #expect(try ask("playready", Self.playReady(Self.one, data: data), token: nil).status == 200)
        // A header wins, whether it is good or not.
        #expect(
            try ask("playready", Self.playReady(Self.one, data: Self.customData("a.b.c")), token: service.token).status
                == 200)
        #expect(try ask("playready", Self.playReady(Self.one, data: data), token: "a.b.c").status == 401)
        let other = "<CustomData>\(service.token)</CustomData>"
        let refused = try ask("playready", Self.playReady(Self.one, data: other), token: nil)
        #expect(refused.status == 401 && problem(refused) == "tokenMissing")
        let long = try ask(
            "playready", Self.playReady(Self.one, data: Self.customData(String(repeating: "a", count: 20_000))),
            token: nil)
        #expect(long.status == 431 && problem(long) == "tokenTooLarge")
    }

    /// The addresses of Azure Media Services' licences, on a listener of keys alone.
    @Test func theReferencesLicenceAddressesAreAnswered() throws {
        let keys = try RunningServer(
            service.data,
            environment: [
                "KEYWAY_LICENCES_WIDEVINE_URL": service.upstream.url,
                "KEYWAY_LICENCES_WIDEVINE_SECRET": "entitlements",
                "KEYWAY_LICENCES_PLAYREADY_URL": service.upstream.url,
                "KEYWAY_LICENCES_PLAYREADY_SECRET": "entitlements",
                "KEYWAY_LICENCES_FAIRPLAY_URL": service.upstream.url,
                "KEYWAY_LICENCES_FAIRPLAY_SECRET": "entitlements",
            ], command: ["keyway-keys"])
        let folder = try Folder()
        for (path, body) in [
            ("Widevine/?kid=\(Self.one)", Self.widevine(Self.one)), ("PlayReady/", Self.playReady(Self.one)),
            ("FairPlay/?KID=\(Self.chained)", Data("spc=AAAA".utf8)),
        ] {
            let file = try folder.write("challenge", body)
            let url = "\(keys.origin)/\(path)"
            let answer = try curl(url, "--data-binary", "@\(file)", "-H", "Authorization: Bearer \(service.token)")
            #expect(answer.status == 200, "\(path): \(answer)")
            #expect(try curl(url, "--data-binary", "@\(file)").status == 401)
        }
        #expect(try curl("\(keys.origin)/HlsHandler.ashx?kid=\(Self.one)").status == 403)
    }

    private func asked() throws -> Int { try service.upstream.log().count }

    @Test func aLicenceIsMadeElsewhereOfWhatIsGrantedHere() throws {
        let requests: [(String, Data, String)] = [
            ("widevine", Self.widevine(Self.one, Self.two), "widevine \(Self.one),\(Self.two)"),
            ("widevine?kid=\(Self.one),\(Self.two)", Self.widevine(Self.two), "widevine \(Self.one),\(Self.two)"),
            // The request of a service certificate.
            ("widevine?kid=\(Self.one)", Data([0x08, 0x04]), "widevine \(Self.one)"),
            ("playready", Self.playReady(Self.one), "playready \(Self.one)"),
            ("fairplay?kid=\(Self.chained)", Data("spc=AAAA&assetId=1".utf8), "fairplay \(Self.chained)"),
        ]
        for (path, body, licence) in requests {
            let answer = try ask(path, body, token: service.token)
            #expect(answer.status == 200, "\(path): \(String(decoding: answer.body, as: UTF8.self))")
            #expect(String(decoding: answer.body, as: UTF8.self) == "licence \(licence)")
            #expect(answer.headers["content-type"] == "application/x-licence")
            #expect(answer.headers["cache-control"] == "no-store")
            #expect(answer.headers["x-inner"] == nil)
        }
        let claims = try #require(try service.upstream.log().last?["claims"] as? [String: Any])
        #expect(claims["client"] as? String == "127.0.0.1")
        let grants = try #require(claims["grants"] as? [[String: String]])
        #expect(grants == [["kid": Self.chained, "policy": "viewers", "option": "drm"]])
        let tail = try service.data.must("audit", "tail", "-n", "1000").text
        #expect(tail.contains("request=\(claims["jti"] as? String ?? "?")"))
    }

    @Test func whoIsNotAllowedIsNotHandedOn() throws {
        let before = try asked()
        let body = Self.widevine(Self.one)
        let other = Self.widevine(Self.withoutOption)
        let opaque = Data("spc".utf8)
        for (path, body, token, status, code) in [
            ("widevine", body, nil, 401, "tokenMissing"), ("widevine", body, "a.b.c", 401, "tokenInvalid"),
            ("playready", Self.playReady(Self.one), nil, 401, "tokenMissing"),
            ("fairplay?kid=\(Self.chained)", opaque, nil, 401, "tokenMissing"),
            // No option of the policy is for this delivery.
            ("widevine", other, service.token, 403, "notAllowed"),
            // The challenge names more than the URL, or than is granted.
            ("widevine?kid=\(Self.two)", body, service.token, 403, "challengeNotCovered"),
            ("playready?kid=\(Self.two)", Self.playReady(Self.one), service.token, 403, "challengeNotCovered"),
            ("widevine", Self.widevine(Self.one, Self.withoutOption), service.token, 403, "notAllowed"),
            // FairPlay does not read cenc.
            ("fairplay?kid=\(Self.one)", opaque, service.token, 404, "keyNotFound"),
            ("widevine", Self.widevine("00000000-0000-4000-8000-000000000001"), service.token, 404, "keyNotFound"),
        ] as [(String, Data, String?, Int, String)] {
            let answer = try ask(path, body, token: token)
            #expect(answer.status == status && problem(answer) == code, "\(path): \(answer)")
        }
        #expect(try asked() == before)
        let tail = try service.data.must("audit", "tail", "-n", "1000").text
        #expect(tail.contains("reason=keyOutsideRequest") && tail.contains("reason=licenceIncomplete"))
        #expect(tail.contains("reason=noOptionForDelivery"))
    }

    @Test func malformedRequestsAre400() throws {
        let before = try asked()
        for (path, body, code) in [
            ("widevine", Data(), "challengeMalformed"), ("widevine", Data("x".utf8), "challengeMalformed"),
            ("widevine?kid=\(Self.one)", Data("<x/>".utf8), "challengeMalformed"),
            ("playready?kid=\(Self.one)", Data([0x08, 0x04]), "challengeMalformed"),
            ("playready", Data("<!DOCTYPE x><x/>".utf8), "challengeMalformed"),
            ("fairplay", Data("spc".utf8), "kidMissing"), ("widevine", Data([0x08, 0x04]), "kidMissing"),
            ("fairplay?kid=x", Data("spc".utf8), "kidMalformed"),
        ] {
            let answer = try ask(path, body, token: service.token)
            #expect(answer.status == 400 && problem(answer) == code, "\(path): \(answer)")
        }
        let large = try ask("fairplay?kid=\(Self.chained)", Data(count: (64 << 10) + 1), token: service.token)
        #expect(large.status == 413)
        #expect(try asked() == before)
    }

    @Test(arguments: [
        ("slow", 504, "licenceServerTimeout"), ("drip", 504, "licenceServerTimeout"),
        ("oversize", 502, "licenceServerAnswer"), ("redirect", 502, "licenceServerAnswer"),
        ("refuse", 502, "licenceServerRefused"), ("drop", 502, "licenceServerUnreachable"),
    ])
    func whatGoesWrongElsewhereIsAProblem(mode: String, status: Int, code: String) throws {
        try service.upstream.set(mode: mode)
        let before = try asked()
        let answer = try ask("widevine", Self.widevine(Self.one), token: service.token)
        #expect(answer.status == status && problem(answer) == code)
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("inner"))
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("127.0.0.1"))
        #expect(try asked() == before + 1)
    }

    @Test func aServerThatIsDownIs502() throws {
        let upstream = try LicenceUpstream(secret: Self.secret)
        let server = try RunningServer(
            service.data,
            environment: [
                "KEYWAY_LICENCES_WIDEVINE_URL": upstream.url, "KEYWAY_LICENCES_WIDEVINE_SECRET": "entitlements",
                "KEYWAY_LICENCES_PLAYREADY_URL": service.upstream.url, "KEYWAY_LICENCES_PLAYREADY_SECRET": "nobody",
            ])
        upstream.stop()
        func ask(_ system: String, _ body: Data) throws -> Answer {
            let folder = try Folder()
            let file = try folder.write("challenge", body)
            return try curl(
                "\(server.origin)/keys/\(system)", "--data-binary", "@\(file)", "-H",
                "Authorization: Bearer \(service.token)")
        }
        let down = try ask("widevine", Self.widevine(Self.one))
        #expect(down.status == 502 && problem(down) == "licenceServerUnreachable")
        // A secret that is not there is the operator's to mend.
        let unsigned = try ask("playready", Self.playReady(Self.one))
        #expect(unsigned.status == 503 && problem(unsigned) == "unavailable")
        // And one that is not configured says how.
        let missing = try ask("fairplay?kid=\(Self.chained)", Data("spc".utf8))
        #expect(missing.status == 501 && problem(missing) == "licenceServerNotConfigured")
        #expect(String(decoding: missing.body, as: UTF8.self).contains("licences.fairplay.url"))
        #expect(try curl("\(server.origin)/keys/fairplay/certificate").status == 404)
    }

    @Test func aLicenceServerOfAPrivateAuthorityIsAsked() throws {
        let upstream = try LicenceUpstream(secret: Self.secret, isSecure: true)
        let folder = try Folder()
        let file = try folder.write("challenge", Self.widevine(Self.one))
        for (authorities, status) in [(upstream.authorityFile, 200), (nil, 502)] {
            var environment = [
                "KEYWAY_LICENCES_WIDEVINE_URL": upstream.url, "KEYWAY_LICENCES_WIDEVINE_SECRET": "entitlements",
            ]
            environment["KEYWAY_LICENCES_WIDEVINE_CA_FILE"] = authorities
            let server = try RunningServer(service.data, environment: environment)
            let answer = try curl(
                "\(server.origin)/keys/widevine", "--data-binary", "@\(file)", "-H",
                "Authorization: Bearer \(service.token)")
            #expect(answer.status == status, "\(answer)")
        }
    }

    @Test func aLicenceServerIsGivenTheKeysThatWereGranted() throws {
        let upstream = try LicenceUpstream(secret: Self.secret, isSecure: true, takesKeys: true)
        let server = try RunningServer(
            service.data,
            environment: [
                "KEYWAY_LICENCES_WIDEVINE_URL": upstream.url, "KEYWAY_LICENCES_WIDEVINE_SECRET": "entitlements",
                "KEYWAY_LICENCES_WIDEVINE_CA_FILE": upstream.authorityFile, "KEYWAY_LICENCES_WIDEVINE_KEYS": "cpix",
                "KEYWAY_LICENCES_WIDEVINE_RECIPIENT": upstream.recipientFile,
            ])
        func ask(_ challenge: Data, _ token: String) throws -> Int {
            let folder = try Folder()
            let file = try folder.write("challenge", challenge)
            return try curl(
                "\(server.origin)/keys/widevine", "--data-binary", "@\(file)", "-H", "Authorization: Bearer \(token)"
            ).status
        }
        let challenge = Self.widevine(Self.one, Self.two)
        #expect(try ask(challenge, "a.b.c") == 401)
        #expect(try ask(Self.widevine(Self.one, Self.withoutOption), service.token) == 403)
        #expect(try upstream.log().isEmpty)
        #expect(try ask(challenge, service.token) == 200)
        let entry = try #require(try upstream.log().first)
        #expect(entry["challenge"] as? String == challenge.base64EncodedString())
        var expected: [String: String] = [:]
        for keyID in [Self.one, Self.two] {
            let exported = try service.data.must("key", "export", keyID, "--clear", "--yes-clear").json()
            let key = try #require(Data(base64Encoded: exported["key"] as? String ?? ""))
            expected[keyID] = key.map { String(format: "%02x", $0) }.joined()
        }
        #expect(entry["keys"] as? [String: String] == expected)
        let tail = try service.data.must("audit", "tail", "-n", "1000").text
        #expect(tail.contains("detail=\"key to "))
    }

    @Test func theFairPlayCertificateIsServed() throws {
        let answer = try curl("\(service.server.origin)/keys/fairplay/certificate")
        #expect(answer.status == 200 && answer.body == service.certificate)
        #expect(answer.headers["content-type"] == "application/pkix-cert")
    }

    @Test(arguments: [
        (["KEYWAY_LICENCES_WIDEVINE_URL": "http://licences.example/"], "licences.widevine.url"),
        (["KEYWAY_LICENCES_WIDEVINE_URL": "https://licences.example/"], "licences.widevine.secret"),
        (["KEYWAY_LICENCES_WIDEVINE_SECRET": "x"], "licences.widevine.url"),
        (
            [
                "KEYWAY_LICENCES_PLAYREADY_URL": "https://a.example/", "KEYWAY_LICENCES_PLAYREADY_SECRET": "x",
                "KEYWAY_LICENCES_PLAYREADY_TIMEOUT": "2h",
            ], "licences.playready.timeout"
        ),
        (["KEYWAY_LICENCES_WIDEVINE_CA_FILE": "/etc/hostname"], "licences.widevine.url"),
        (
            [
                "KEYWAY_LICENCES_WIDEVINE_URL": "https://a.example/", "KEYWAY_LICENCES_WIDEVINE_SECRET": "x",
                "KEYWAY_LICENCES_WIDEVINE_CA_FILE": "/etc/hostname",
            ], "licences.widevine.caFile '/etc/hostname' holds no PEM certificate"
        ),
        (
            [
                "KEYWAY_LICENCES_WIDEVINE_URL": "https://a.example/", "KEYWAY_LICENCES_WIDEVINE_SECRET": "x",
                "KEYWAY_LICENCES_WIDEVINE_KEYS": "cpix",
            ], "licences.widevine.recipient is not set"
        ),
        (
            [
                "KEYWAY_LICENCES_WIDEVINE_URL": "https://a.example/", "KEYWAY_LICENCES_WIDEVINE_SECRET": "x",
                "KEYWAY_LICENCES_WIDEVINE_RECIPIENT": "/etc/hostname",
            ], "licences.widevine.keys is not cpix"
        ),
        (
            [
                "KEYWAY_LICENCES_WIDEVINE_URL": "https://a.example/", "KEYWAY_LICENCES_WIDEVINE_SECRET": "x",
                "KEYWAY_LICENCES_WIDEVINE_KEYS": "clear", "KEYWAY_LICENCES_WIDEVINE_RECIPIENT": "/etc/hostname",
            ], "licences.widevine.keys is none or cpix, not 'clear'"
        ),
        (
            [
                "KEYWAY_LICENCES_WIDEVINE_URL": "https://a.example/", "KEYWAY_LICENCES_WIDEVINE_SECRET": "x",
                "KEYWAY_LICENCES_WIDEVINE_KEYS": "cpix", "KEYWAY_LICENCES_WIDEVINE_RECIPIENT": "/etc/hostname",
            ], "licences.widevine.recipient: '/etc/hostname' is not usable"
        ),
        (["KEYWAY_LICENCES_FAIRPLAY_CERTIFICATE": "/nonexistent"], "licences.fairplay.certificate"),
        (["KEYWAY_LICENCES_FAIRPLAY_CERTIFICATE": "/etc/passwd"], "licences.fairplay.certificate"),
    ])
    func aConfigurationThatCannotBeUsedIsSaid(environment: [String: String], field: String) throws {
        let outcome = try run(
            Programs.own("keyway"), ["serve"],
            environment: service.data.environment.merging(environment) { $1 }.merging([
                "KEYWAY_LISTEN_ORIGIN": "127.0.0.1:0", "KEYWAY_LISTEN_ADMIN": "127.0.0.1:0",
            ]) { $1 })
        #expect(outcome.status != 0 && outcome.status != 70)
        #expect(outcome.errors.contains(field), "\(outcome.errors)")
    }
}
