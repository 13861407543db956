import ContentKeys
import Foundation
import Logging
import OutboundHTTP
import TestSupport
import Testing
import Tokens

@testable import KeyDelivery
@testable import LicenceForwarding
@testable import Policies

/// Against a stand-in that checks entitlements with PyJWT.
@Suite(.serialized) struct ForwardingTests {
    private static let secret = "a secret of thirty-two bytes or more"

    private struct Secrets: SecretSource {
        var values: [String: String]

        func withSecret<Result, Failure: Error>(
            named name: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
        ) throws(Failure) -> Result? {
            guard let value = values[name] else { return nil }
            let bytes = Array(value.utf8)
            var outcome: Swift.Result<Result, Failure>?
            bytes.withUnsafeBytes { pointer in
                do throws(Failure) { outcome = .success(try body(pointer)) } catch { outcome = .failure(error) }
            }
            return try outcome?.get()
        }
    }

    private let challenge = LicenceChallenge(bytes: Array("a challenge".utf8), contentType: "text/xml", action: "act")

    private func entitlement(issued: Date = Date(), keys: [ContentKey] = []) throws -> Entitlement {
        let keyIDs = try ["00010203-0405-0607-0809-0a0b0c0d0e0f", "ffeeddcc-bbaa-9988-7766-554433221100"].map {
            try #require(KeyID($0))
        }
        let token = VerifiedToken(
            kind: .jwt, issuer: "i", subject: "viewer \"7\"\n", tokenID: nil, expires: issued, claims: [:], identity: []
        )
        let request = KeyRequest(
            keyIDs: keyIDs, delivery: .playready, credential: "the player's token",
            clientAddress: try #require(IPAddress("2001:db8::7")))
        return Entitlement(
            request,
            grants: keyIDs.map {
                Grant(
                    keyID: $0, delivery: .playready, policy: "subscribers", option: "web", token: token, useLimit: nil)
            }, keys: zip(keyIDs, keys).map { ReleasedKey(keyID: $0, key: $1) }, requestID: "r-1", issued: issued)
    }

    /// Asks a server that is at an address, and ends the connections.
    private func ask(
        _ url: String, times: Int = 1, secrets: [String: String] = ["s": secret], issued: Date? = nil,
        timeout: Duration = .seconds(60), authorities: String? = nil, recipient: KeyRecipient? = nil,
        keys: [ContentKey] = [], challenge: LicenceChallenge? = nil
    ) async throws -> Licence? {
        let client = OutboundClient(
            authorities: try authorities.map { try Authorities(file: $0) }, keepsConnections: true)
        let server = ForwardedLicenceServer(
            try #require(LicenceServerAddress(url)), secret: "s", from: Secrets(values: secrets),
            recipient: recipient, client: client, timeout: timeout,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var licence: Licence?
        do {
            for _ in 0..<times {
                licence = try await server.licence(
                    for: challenge ?? self.challenge, under: try entitlement(issued: issued ?? Date(), keys: keys))
            }
        } catch {
            await client.shutDown()
            throw error
        }
        await client.shutDown()
        return licence
    }

    private func failure(_ body: () async throws -> Void) async -> LicenceServerError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? LicenceServerError)?.code
        }
    }

    @Test func theEntitlementIsWhatALicenceServerChecks() async throws {
        let upstream = try LicenceUpstream(secret: Self.secret)
        try upstream.set(mode: "patient")
        let start = ContinuousClock.now
        let licence = try await ask(upstream.url, times: 3)
        #expect(
            licence
                == Licence(
                    bytes: Array(
                        "licence playready 00010203-0405-0607-0809-0a0b0c0d0e0f,ffeeddcc-bbaa-9988-7766-554433221100"
                            .utf8),
                    contentType: "application/x-licence"))
        let log = try upstream.log()
        #expect(log.count == 3)
        // One connection for all, unless the machine was so slow that it was idle for too long in between.
        let connections = Set(log.compactMap { $0["port"] as? Int }).count
        #expect(connections == 1 || ContinuousClock.now - start > .seconds(20))
        let entry = try #require(log.first)
        #expect(entry["path"] as? String == "/licences?tenant=7")
        #expect(entry["contentType"] as? String == "text/xml" && entry["action"] as? String == "act")
        let claims = try #require(entry["claims"] as? [String: Any])
        #expect(claims["client"] as? String == "2001:db8::7" && claims["jti"] as? String == "r-1")
        #expect(claims["sub"] as? String == "viewer \"7\"\n")
        let grants = try #require(claims["grants"] as? [[String: String]])
        #expect(grants.allSatisfy { $0["policy"] == "subscribers" && $0["option"] == "web" } && grants.count == 2)
        // Nothing of the player's but its challenge.
        #expect(
            entry["others"] as? [String]
                == ["authorization", "content-length", "content-type", "host", "soapaction"])
    }

    @Test func anEntitlementOfAnotherSecretOrTimeIsNotAccepted() async throws {
        let upstream = try LicenceUpstream(secret: Self.secret)
        let forged = ["s": "another secret of thirty-two bytes or more"]
        #expect(await failure { _ = try await ask(upstream.url, secrets: forged) } == .refused)
        let old = Date(timeIntervalSinceNow: -61)
        #expect(await failure { _ = try await ask(upstream.url, issued: old) } == .refused)
        #expect(try upstream.log().compactMap { $0["refused"] as? String }.count == 2)
    }

    @Test(
        arguments: [
            ("slow", .timedOut), ("drip", .timedOut), ("oversize", .answerNotUsable), ("redirect", .answerNotUsable),
            ("refuse", .refused), ("empty", .answerNotUsable), ("drop", .unreachable),
        ] as [(String, LicenceServerError.Code)])
    func whatGoesWrongIsSaidAndNotTriedAgain(mode: String, code: LicenceServerError.Code) async throws {
        let upstream = try LicenceUpstream(secret: Self.secret)
        try upstream.set(mode: mode)
        // Only who is to be given up on is waited for shortly: a loaded machine is slow, too.
        let timeout = code == .timedOut ? Duration.seconds(5) : .seconds(60)
        #expect(await failure { _ = try await ask(upstream.url, timeout: timeout) } == code)
        #expect(try upstream.log().map { $0["path"] as? String } == ["/licences?tenant=7"])
    }

    @Test func theLargestLicenceIsPassedOn() async throws {
        let upstream = try LicenceUpstream(secret: Self.secret)
        try upstream.set(mode: "largest")
        #expect(try await ask(upstream.url)?.bytes.count == ForwardedLicenceServer.maximumLicence)
    }

    @Test func aServerThatIsDownIsUnreachable() async throws {
        let upstream = try LicenceUpstream(secret: Self.secret)
        upstream.stop()
        #expect(await failure { _ = try await ask(upstream.url) } == .unreachable)
    }

    @Test func aServerOfAPrivateAuthorityIsTrustedByItsFile() async throws {
        let upstream = try LicenceUpstream(secret: Self.secret, isSecure: true)
        try upstream.set(mode: "patient")
        #expect(try await ask(upstream.url, authorities: upstream.authorityFile) != nil)
        #expect(await failure { _ = try await ask(upstream.url) } == .unreachable)
        let other = try LicenceUpstream(secret: Self.secret, isSecure: true)
        #expect(
            await failure { _ = try await ask(upstream.url, authorities: other.authorityFile) } == .unreachable)
        #expect(try upstream.log().count == 1)
    }

    private static func hexadecimal(_ key: ContentKey) -> String {
        key.withUnsafeBytes { $0.map { String(format: "%02x", $0) }.joined() }
    }

    /// The keys are read as others read CPIX, and the parts by a parser of forms that is not ours.
    @Test func aServerThatTakesKeysIsGivenThoseThatWereGranted() async throws {
        let upstream = try LicenceUpstream(secret: Self.secret, takesKeys: true)
        try upstream.set(mode: "patient")
        let recipient = try KeyRecipient(pem: String(contentsOfFile: upstream.recipientFile, encoding: .utf8))
        let keys = [ContentKey.random(.common), .random(.commonCbcs)]
        // A challenge of any bytes stays what it is, also where it looks like the end of a part.
        for bytes in [Array("\r\n--keyway\r\n\r\n--".utf8), Array(0...255), [0x0D], [0x0A, 0x0D, 0x0A]] {
            let challenge = LicenceChallenge(bytes: bytes, contentType: "text/xml; charset=utf-8", action: "act")
            #expect(try await ask(upstream.url, recipient: recipient, keys: keys, challenge: challenge) != nil)
            let entry = try #require(try upstream.log().last)
            #expect(entry["challenge"] as? String == Data(bytes).base64EncodedString())
            #expect(entry["contentType"] as? String == "text/xml; charset=utf-8" && entry["action"] as? String == "act")
            #expect(
                entry["keys"] as? [String: String] == [
                    "00010203-0405-0607-0809-0a0b0c0d0e0f": Self.hexadecimal(keys[0]),
                    "ffeeddcc-bbaa-9988-7766-554433221100": Self.hexadecimal(keys[1]),
                ])
            let document = try #require(entry["document"] as? String)
            #expect(document.contains(#"commonEncryptionScheme="cenc""#))
            #expect(document.contains(#"commonEncryptionScheme="cbcs""#) && !document.contains("PlainValue"))
            for key in keys {
                let clear = key.withUnsafeBytes { Data($0).base64EncodedString() }
                #expect(!document.contains(clear) && !document.contains(Self.hexadecimal(key)))
            }
        }
    }

    /// A server without the option is sent none, even if there were some.
    @Test func aServerThatTakesNoKeysIsGivenNone() async throws {
        let upstream = try LicenceUpstream(secret: Self.secret)
        try upstream.set(mode: "patient")
        #expect(try await ask(upstream.url, keys: [.random(.common), .random(.common)]) != nil)
        let entry = try #require(try upstream.log().first)
        #expect(entry["challenge"] as? String == Data("a challenge".utf8).base64EncodedString())
        #expect((entry["claims"] as? [String: Any])?["keys"] == nil)
    }

    @Test(arguments: ["ec:prime256v1", "rsa:1024", "public", ""])
    func certificatesThatKeysCannotBeEncryptedTo(kind: String) throws {
        var pem = ""
        if kind == "public" {
            pem = try OpenSSLTool.publicKey(of: OpenSSLTool.privateKey("RSA:2048"))
        } else if !kind.isEmpty {
            let curve = kind == "rsa:1024" ? [] : ["-pkeyopt", "ec_paramgen_curve:prime256v1"]
            let bytes = try OpenSSLTool.run(
                ["req", "-x509", "-newkey", kind.hasPrefix("ec") ? "ec" : kind] + curve
                    + ["-nodes", "-subj", "/CN=x", "-keyout", "/dev/null"])
            pem = String(decoding: bytes, as: UTF8.self)
        }
        #expect(throws: KeyRecipientError.self) { try KeyRecipient(pem: pem) }
    }

    @Test(arguments: [[:], ["s": ""], ["s": "thirty-one bytes are not enough"]])
    func withoutAGoodSecretNothingLeaves(secrets: [String: String]) async throws {
        let upstream = try LicenceUpstream(secret: Self.secret)
        #expect(await failure { _ = try await ask(upstream.url, secrets: secrets) } == .secretNotUsable)
        #expect(try upstream.log().isEmpty)
    }
}
