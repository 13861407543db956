import Foundation
import TestSupport
import Testing

/// What the key service refuses, how it says so, and what the audit log keeps of it.
@Suite(.waiting) struct RefusalTests {
    let site: Site
    let keyURL: String

    init() throws {
        site = try Site.shared.get()
        let playlist = try curl("\(site.protected)/v1/cbc/ts/\(Site.audio)/media.m3u8").body
        let text = String(decoding: playlist, as: UTF8.self)
        keyURL = String(try #require(text.components(separatedBy: "URI=\"").dropFirst().first?.prefix { $0 != "\"" }))
    }

    private func problem(_ answer: Answer) -> String? {
        guard answer.headers["content-type"] == "application/problem+json" else { return nil }
        return (try? JSONSerialization.jsonObject(with: answer.body) as? [String: Any])?["code"] as? String
    }

    @Test func aTokenOpensTheKeyInEveryForm() throws {
        for answer in [
            try curl(keyURL, "-H", "Authorization: Bearer \(site.token)"),
            try curl(keyURL, "-H", "Authorization: Bearer=\(site.token)"),
            try curl("\(keyURL)&token=\(site.token)"),
            try curl(keyURL, "-X", "POST", "-H", "Authorization: Bearer \(site.token)"),
            try curl(
                keyURL.replacingOccurrences(of: "kid=", with: "KID="), "-H", "Authorization: Bearer \(site.token)"),
            try curl(keyURL.replacingOccurrences(of: "?kid=", with: "/"), "-H", "Authorization: Bearer \(site.token)"),
        ] {
            #expect(answer.status == 200)
            #expect(answer.body.count == 16)
            #expect(answer.headers["cache-control"] == "no-store")
            #expect(answer.headers["content-type"] == "application/octet-stream")
        }
    }

    @Test func withoutATokenItIs401() throws {
        let answer = try curl(keyURL)
        #expect(answer.status == 401)
        #expect(problem(answer) == "tokenMissing")
        #expect(answer.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
        #expect(answer.headers["cache-control"] == "no-store")
    }

    @Test func anExpiredTokenIs401() throws {
        let token = try site.data.must("token", "issue", "--policy", "demo-viewers", "--lifetime", "-1h").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let answer = try curl(keyURL, "-H", "Authorization: Bearer \(token)")
        #expect(answer.status == 401)
        #expect(problem(answer) == "tokenInvalid")
        #expect(answer.headers["www-authenticate"]?.contains("invalid_token") == true)
    }

    /// Forged and malformed tokens: 401 for the player, the reason in the audit log. (TokensTests has the whole list.)
    @Test(arguments: [
        (#"{"alg":"none"}"#, "", "algorithmNotAllowed"), (#"{"alg":"NoNe"}"#, "AAAA", "algorithmNotAllowed"),
        (#"{"alg":"HS256"}"#, "AAAA", "signatureInvalid"), (#"{"alg":"RS256"}"#, "AAAA", "algorithmNotAllowed"),
        (#"{"alg":"HS256","jku":"https://a.example"}"#, "AAAA", "headerParameterNotAllowed"),
        (#"{"alg":"HS256","crit":["exp"]}"#, "AAAA", "headerParameterNotAllowed"),
        (#"{"alg":"HS256","alg":"HS256"}"#, "AAAA", "malformed"), (#"{"alg":"HS256"} "#, "AAAA.AAAA", "malformed"),
    ])
    func forgedTokensAre401(header: String, signature: String, reason: String) throws {
        func base64URL(_ text: String) -> String {
            Data(text.utf8).base64EncodedString().replacingOccurrences(of: "+", with: "-")
                .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
        }
        let claims = #"{"iss":"https://sts.keyway.example","aud":"urn:keyway:demo","exp":4000000000}"#
        let token = "\(base64URL(header)).\(base64URL(claims)).\(signature)"
        let answer = try curl(keyURL, "-H", "Authorization: Bearer \(token)")
        #expect(answer.status == 401)
        #expect(problem(answer) == "tokenInvalid")
        let document = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
        let request = try #require(document?["requestId"] as? String)
        let tail = try site.data.must("audit", "tail", "-n", "1000").text
        let record = try #require(tail.split(separator: "\n").first { $0.contains("request=\(request)") })
        #expect(record.contains("reason=tokenRejected"))
        #expect(record.contains("detail=\(reason)"))
        #expect(!tail.contains(token))
    }

    @Test func anAddressThatThePolicyDoesNotAllowIs403() throws {
        let answer = try curl(keyURL, "--interface", "127.0.0.2", "-H", "Authorization: Bearer \(site.token)")
        #expect(answer.status == 403)
        #expect(problem(answer) == "addressNotAllowed")
        let forwarded = try curl(
            keyURL, "--interface", "127.0.0.2", "-H", "X-Forwarded-For: 127.0.0.1", "-H",
            "Authorization: Bearer \(site.token)")
        #expect(forwarded.status == 403)
    }

    @Test(arguments: [
        ("aes?kid=00000000-0000-4000-8000-000000000000", 404), ("aes?kid=nonsense", 400), ("aes", 400),
        ("clearkey", 405), ("aes/../aes?kid=x", 404),
    ])
    func whatIsNoKeyIsRefused(path: String, status: Int) throws {
        let answer = try curl("\(site.server.origin)/keys/\(path)", "-H", "Authorization: Bearer \(site.token)")
        #expect(answer.status == status)
        #expect(problem(answer) != nil)
    }

    @Test(arguments: ["", "{}", #"{"kids":[]}"#, #"{"kids":["AA"]}"#, "[", #"{"kids":["AAAAAAAAAAAAAAAAAAAAAA=="]}"#])
    func malformedLicenceRequestsAre400(body: String) throws {
        let answer = try curl("\(site.server.origin)/keys/clearkey", "-X", "POST", "--data-raw", body)
        #expect(answer.status == 400)
        #expect(problem(answer) == "licenceRequestMalformed")
    }

    /// Thousands of damaged requests: each is refused in form, and the server serves on.
    @Test func damagedLicenceRequestsAreRefused() throws {
        let script = Programs.repository.appendingPathComponent("Tests/ClearKey/mutate.py").path
        let outcome = try run(
            Programs.outside("python"), [script, "\(site.server.origin)/keys/clearkey", "2500"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let statuses = try outcome.json().keys
        // Malformed, unknown keys, too long; nothing is given, and nothing fails.
        #expect(Set(statuses).isSubset(of: ["400", "404", "413", "cut"]), "\(outcome.text)")
        #expect(try curl(keyURL, "-H", "Authorization: Bearer \(site.token)").status == 200)
    }

    @Test func persistentLicencesAre400() throws {
        let body = #"{"kids":["AAECAwQFBgcICQoLDA0ODw"],"type":"persistent-license"}"#
        let answer = try curl("\(site.server.origin)/keys/clearkey", "-X", "POST", "--data-raw", body)
        #expect(answer.status == 400 && problem(answer) == "licenceTypeNotAvailable")
    }

    @Test func aLicenceRequestWithoutEndIsCut() throws {
        let folder = try Folder()
        let file = try folder.write("large", Data(repeating: 0x20, count: 1 << 20))
        let answer = try curl("\(site.server.origin)/keys/clearkey", "-X", "POST", "--data-binary", "@\(file)")
        #expect(answer.status == 413)
    }

    @Test(arguments: ["widevine", "playready", "fairplay"])
    func licencesAreOfNoUseToWhoIsNotAllowed(system: String) throws {
        let answer = try curl("\(site.server.origin)/keys/\(system)", "-X", "POST", "-d", "x")
        #expect(answer.status == 400)
        #expect(problem(answer) == (system == "fairplay" ? "kidMissing" : "challengeMalformed"))
        guard system == "fairplay" else { return }
        // Nobody is told whether there is a server who may not have a licence.
        let query = try #require(keyURL.split(separator: "?").last)
        let named = try curl("\(site.server.origin)/keys/fairplay?\(query)", "-X", "POST", "-d", "x")
        #expect(named.status == 404 && problem(named) == "keyNotFound", "\(named)")
    }

    /// The body of a request for one key says nothing, and is no reason to read for ever.
    @Test func theBodyOfAKeyRequestIsBounded() throws {
        let folder = try Folder()
        let (small, large) = (try folder.write("a", Data(count: 60_000)), try folder.write("b", Data(count: 1 << 20)))
        for (file, status) in [(small, 200), (large, 413)] {
            let answer = try curl(
                keyURL, "-X", "POST", "--data-binary", "@\(file)", "-H", "Authorization: Bearer \(site.token)")
            #expect(answer.status == status)
        }
    }

    @Test func everyDecisionIsInAnIntactAuditLog() throws {
        #expect(try curl(keyURL, "-H", "Authorization: Bearer \(site.token)").status == 200)
        _ = try curl(keyURL)
        _ = try curl(keyURL, "--interface", "127.0.0.2", "-H", "Authorization: Bearer \(site.token)")
        let tail = try site.data.must("audit", "tail", "-n", "1000").text
        #expect(tail.contains("reason=tokenMissing"))
        #expect(tail.contains("reason=addressNotAllowed"))
        #expect(tail.contains("keyGranted"))
        #expect(!tail.contains(site.token))
        #expect(try site.data.must("audit", "verify").text.hasPrefix("intact"))
    }

    @Test func aChangedAuditRecordIsFound() throws {
        let data = try DataFolder()
        for name in ["one", "two", "three"] {
            try data.must("key", "create", "--type", "envelope", "--name", name)
        }
        #expect(try data.keyway("audit", "verify").status == 0)
        let script = """
            import sqlite3
            database = sqlite3.connect("\(data.folder.path)/catalog.sqlite")
            database.execute("UPDATE auditBatch SET events = CAST(replace(CAST(events AS TEXT), 'two', 'owt') AS BLOB) WHERE first = 3")
            database.commit()
            """
        #expect(try run(Programs.outside("python"), ["-c", script]).status == 0)
        let verified = try data.keyway("audit", "verify")
        #expect(verified.status == 65)
        #expect(verified.errors.contains("record 3"))
        let machine = try data.keyway("audit", "verify", "--json")
        #expect(machine.status == 65)
        #expect((try machine.json()["defect"] as? String)?.contains("record 3") == true, "\(machine.text)")
    }
}
