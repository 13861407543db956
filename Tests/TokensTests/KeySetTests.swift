import Foundation
import Policies
import Synchronization
import TestSupport
import Testing

@testable import Tokens

/// A public key as a JWK, made from its PEM by the `cryptography` package.
private func webKey(_ pem: String, _ members: [String: String] = [:]) throws -> [String: Any] {
    let script = """
        import sys, json
        from jwt.algorithms import RSAAlgorithm, ECAlgorithm, OKPAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
        from cryptography.hazmat.primitives.asymmetric import rsa, ec
        key = load_pem_public_key(sys.argv[1].encode())
        kind = RSAAlgorithm if isinstance(key, rsa.RSAPublicKey) else ECAlgorithm if isinstance(key, ec.EllipticCurvePublicKey) else OKPAlgorithm
        print(kind.to_jwk(key))
        """
    let tool = try Tool.run([".tools/venv/bin/python", "-c", script, pem])
    var key = try #require(JSONSerialization.jsonObject(with: tool.standardOutput) as? [String: Any])
    key["key_ops"] = nil
    for (name, value) in members { key[name] = value }
    return key
}

private func document(_ keys: [[String: Any]]) throws -> [UInt8] {
    Array(try JSONSerialization.data(withJSONObject: ["keys": keys], options: .sortedKeys))
}

private let place = KeySetLocation(.keySet, url: "https://sts.example.com/jwks.json")

/// One set, and nothing to fetch.
private struct FixedSet: KeySetSource {
    var set: PublishedKeySet?
    func keySet(at location: KeySetLocation) -> PublishedKeySet? { location == place ? set : nil }
    func renew(_ locations: [KeySetLocation]) async -> Bool { false }
    var generation: Int { 0 }
}

private func published(_ algorithms: Set<SignatureAlgorithm> = []) -> TokenRestriction {
    restriction(keys: [VerificationKey(source: .published(place), algorithms: algorithms)])
}

private func verdict(
    _ token: String, _ document: [UInt8], _ algorithms: Set<SignatureAlgorithm> = [], issuer: String? = nil
) throws -> TokenVerdict {
    let set = FixedSet(set: try PublishedKeySet(document: document, issuer: issuer))
    return StrictTokenVerifier(secrets: TableOfSecrets(), keySets: set).verify(
        token, under: published(algorithms), at: now)
}

private func header(_ algorithm: SignatureAlgorithm, kid: String? = nil) -> String {
    #"{"alg":"\#(algorithm.rawValue)"\#(kid.map { #","kid":"\#($0)""# } ?? "")}"#
}

/// JWK Sets: which of their keys verify what.
@Suite(.waiting) struct PublishedKeySetTests {
    @Test(arguments: SignatureAlgorithm.allCases.filter { $0.keyKind != .secret })
    func everyKindOfKeyVerifies(algorithm: SignatureAlgorithm) throws {
        let signer = try Signer.of(algorithm)
        let key = try webKey(try Signer.pair(algorithm.keyKind).publicKey, ["kid": "one", "alg": algorithm.rawValue])
        let token = try signer.token(payload(), header: header(algorithm, kid: "one"))
        let verified = try #require(try verdict(token, document([key])).token)
        #expect(verified.signer.keyID == "one" && verified.signer.fingerprint?.count == 32)
        // The key's own algorithm binds, whatever the policy adds; and the policy's does, whatever the key says.
        let others = algorithm.keyKind.algorithms.subtracting([algorithm])
        for other in others {
            let token = try Signer.of(other).token(payload(), header: header(other, kid: "one"))
            #expect(try verdict(token, document([key]), [algorithm, other]).rejection == .algorithmNotAllowed)
        }
        if !others.isEmpty { #expect(try verdict(token, document([key]), others).rejection == .algorithmNotAllowed) }
    }

    /// Without `alg`, a key is for the usual algorithm of its kind, unless the policy names others.
    @Test func theUsualAlgorithmIsTheDefault() throws {
        let set = try document([try webKey(try KeyPair.rsa.get().publicKey)])
        let (usual, other) = (try Signer.of(.rs256).token(payload()), try Signer.of(.ps256).token(payload()))
        #expect(try verdict(usual, set).token != nil)
        #expect(try verdict(other, set).rejection == .keyNotPublished)
        #expect(try verdict(other, set, [.ps256]).token != nil)
        #expect(try verdict(usual, set, [.ps256]).rejection == .algorithmNotAllowed)
    }

    @Test func theNameChoosesTheKey() throws {
        let token = { kid in try Signer.of(.rs256).token(payload(), header: header(.rs256, kid: kid)) }
        let other = try webKey(try KeyPair.otherRSA.get().publicKey, ["kid": "other"])
        let right = try webKey(try KeyPair.rsa.get().publicKey, ["kid": "right"])
        let set = try document([other, right])
        #expect(try verdict(token("right"), set).token?.signer.keyID == "right")
        #expect(try verdict(token("other"), set).rejection == .signatureInvalid)
        #expect(try verdict(token("Right"), set).rejection == .keyNotPublished)
        #expect(try verdict(token("unknown"), set).rejection == .keyNotPublished)
        // A token without a name is tried against all; a key without one is tried for all.
        #expect(try verdict(token(nil), set).token?.signer.keyID == "right")
        let nameless = try document([try webKey(try KeyPair.rsa.get().publicKey)])
        #expect(try verdict(token("anything"), nameless).token != nil)
    }

    /// Whatever can be a key that the issuer published since is told from a signature that is wrong under a known key.
    @Test func whatFitsNoKeyMayBeOfANewOne() throws {
        let set = try document([try webKey(try KeyPair.otherRSA.get().publicKey, ["kid": "a"])])
        let nameless = try document([try webKey(try KeyPair.otherRSA.get().publicKey)])
        let token = { kid in try Signer.of(.rs256).token(payload(), header: header(.rs256, kid: kid)) }
        #expect(try verdict(token(nil), set).rejection == .keyNotPublished)
        #expect(try verdict(token(nil), nameless).rejection == .keyNotPublished)
        #expect(try verdict(token("a"), nameless).rejection == .keyNotPublished)
        #expect(try verdict(token("a"), set).rejection == .signatureInvalid)
        // The new key may be of another kind, unless the policy does not take it.
        let ec = try Signer.of(.es256).token(payload(), header: header(.es256))
        #expect(try verdict(ec, set).rejection == .keyNotPublished)
        #expect(try verdict(ec, set, [.es256]).rejection == .keyNotPublished)
        #expect(try verdict(ec, set, [.rs256]).rejection == .algorithmNotAllowed)
        for rejection in [TokenRejection.keyNotPublished, .keySetUnavailable] { #expect(rejection.mayBeStale) }
        for rejection in [TokenRejection.signatureInvalid, .algorithmNotAllowed] { #expect(!rejection.mayBeStale) }
    }

    @Test func keysThatAreNotForUsAreLeftOut() throws {
        let pem = try KeyPair.rsa.get().publicKey
        let good = try webKey(pem, ["kid": "good"])
        var useless: [[String: Any]] = [
            ["kty": "oct", "k": "AAAA", "kid": "x"], ["kty": "RSA"], ["kid": "x"], ["kty": "EC", "crv": "P-256"],
            try webKey(pem, ["use": "enc"]), try webKey(pem, ["alg": "RSA-OAEP"]), try webKey(pem, ["alg": "HS256"]),
            try webKey(pem, ["alg": "ES256"]), try webKey(pem, ["d": "AAAA"]), try webKey(pem, ["n": "AAAA"]),
            try webKey(pem, ["e": ""]), try webKey(pem, ["n": "!"]),
        ]
        var operations = try webKey(pem)
        operations["key_ops"] = ["encrypt"]
        useless.append(operations)
        #expect(try PublishedKeySet(document: document(useless + [good])).count == 1)
        #expect(throws: KeySetError.self) { try PublishedKeySet(document: document(useless)) }
        // An octet key in a set never verifies an HMAC.
        let symmetric = ["kty": "oct", "k": base64URL(TableOfSecrets.main), "alg": "HS256"]
        #expect(try verdict(token(), document([symmetric, good])).rejection == .algorithmNotAllowed)
        #expect(try verdict(token(), document([symmetric, good]), [.hs256]).rejection == .algorithmNotAllowed)
    }

    @Test func theIssuerOfADiscoveryDocumentIsThePolicys() throws {
        let set = try document([try webKey(try KeyPair.rsa.get().publicKey)])
        let token = try Signer.of(.rs256).token(payload())
        #expect(try verdict(token, set, issuer: issuer).token != nil)
        #expect(try verdict(token, set, issuer: "https://other.example/").rejection == .keySetUnavailable)
        #expect(try verdict(token, set, issuer: "https://{tenantid}/").token != nil)
        for other in ["https://login.example/{tenantid}/v2.0", "{tenantid}", "https://sts.example.com/{tenantid}"] {
            #expect(try verdict(token, set, issuer: other).rejection == .keySetUnavailable, "\(other)")
        }
        // A key that says whose it is, in a set of several issuers.
        let own = try webKey(try KeyPair.rsa.get().publicKey, ["issuer": issuer])
        let foreign = try webKey(try KeyPair.rsa.get().publicKey, ["issuer": "https://other.example/"])
        #expect(try verdict(token, document([own])).token != nil)
        #expect(try verdict(token, document([foreign])).rejection == .keyNotPublished)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]}"#, #"{"keys":[1]}"#, #"{"keys":[],"keys":[]}"#, "nonsense",
        String(repeating: "[", count: 100_000), #"{"keys":["# + String(repeating: "{},", count: 100) + "{}]}",
    ])
    func otherDocumentsAreRefused(text: String) {
        #expect(throws: KeySetError.self) { try PublishedKeySet(document: Array(text.utf8)) }
    }

    /// A damaged set gives fewer keys or none, never a trap and never a key that verifies something else.
    @Test func mutatedSets() throws {
        let good = try document([
            try webKey(try KeyPair.rsa.get().publicKey, ["kid": "r"]),
            try webKey(try KeyPair.p521.get().publicKey, ["kid": "e"]),
            try webKey(try KeyPair.ed25519.get().publicKey, ["kid": "o"]),
        ])
        let token = try Signer.of(.es256).token(payload())
        var generator = Seeded(state: 29)
        for _ in 0..<1500 {
            var changed = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let position = Int.random(in: 0..<changed.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: changed[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                case 1: changed.remove(at: position)
                case 2: changed.insert(UInt8.random(in: 32..<127, using: &generator), at: position)
                default: changed.removeSubrange(position..<min(changed.count, position + 20))
                }
            }
            guard let set = try? PublishedKeySet(document: changed) else { continue }
            let verifier = StrictTokenVerifier(secrets: TableOfSecrets(), keySets: FixedSet(set: set))
            #expect(verifier.verify(token, under: published(), at: now).token == nil)
        }
    }
}

/// Answers from a table, and remembers what was asked.
private final class Fetcher: DocumentFetcher {
    struct Away: Error {}
    let answers: Mutex<[String: FetchedDocument]>
    let asked = Mutex<[String]>([])

    init(_ answers: [String: FetchedDocument]) {
        self.answers = Mutex(answers)
    }

    func set(_ url: String, _ bytes: [UInt8]?) {
        answers.withLock { $0[url] = bytes.map { FetchedDocument(bytes: $0) } }
    }

    func fetch(_ address: KeySetAddress, limit: Int) async throws -> FetchedDocument {
        asked.withLock { $0.append(address.description) }
        await Task.yield()
        guard let answer = answers.withLock({ $0[address.description] }) else { throw Away() }
        return answer
    }

    var count: Int { asked.withLock { $0.count } }
}

private final class Store: KeySetStore {
    let sets = Mutex<[KeySetLocation: StoredKeySet]>([:])
    func storedKeySet(at location: KeySetLocation) async throws -> StoredKeySet? { sets.withLock { $0[location] } }
    func storeKeySet(_ set: StoredKeySet) async throws { sets.withLock { $0[set.location] = set } }
}

private final class Clock: Sendable {
    let time = Mutex(now)
    func advance(_ seconds: Double) { time.withLock { $0 += seconds } }
    var read: @Sendable () -> Date { { [time = self] in time.time.withLock { $0 } } }
}

/// How published keys are kept up to date.
@Suite(.waiting) struct KeySetKeeperTests {
    private let clock = Clock()
    private let rsa: [UInt8]
    private let both: [UInt8]

    init() throws {
        let first = try webKey(try KeyPair.rsa.get().publicKey, ["kid": "first"])
        rsa = try document([first])
        both = try document([first, try webKey(try KeyPair.ec.get().publicKey, ["kid": "second"])])
    }

    private func keeper(
        _ fetcher: Fetcher, store: Store? = nil, hosts: [String] = ["sts.example.com"]
    ) -> KeySetKeeper {
        KeySetKeeper(rules: KeySetRules(hosts: hosts), fetcher: fetcher, store: store, now: clock.read)
    }

    @Test func aSetIsReadOnceAndUsed() async throws {
        let fetcher = Fetcher([place.url: FetchedDocument(bytes: rsa)])
        let keeper = keeper(fetcher)
        #expect(keeper.keySet(at: place) == nil)
        await keeper.renew([place])
        #expect(keeper.keySet(at: place)?.count == 1 && fetcher.count == 1)
    }

    /// However many tokens name unknown keys, the issuer is asked once in the pause.
    @Test func unknownNamesCauseOneReading() async throws {
        let fetcher = Fetcher([place.url: FetchedDocument(bytes: rsa)])
        let keeper = keeper(fetcher)
        await withTaskGroup { group in
            for _ in 0..<100 { group.addTask { await keeper.renew([place]) } }
        }
        #expect(fetcher.count == 1)
        fetcher.set(place.url, both)
        await keeper.renew([place])
        #expect(fetcher.count == 1 && keeper.keySet(at: place)?.count == 1)
        clock.advance(11)
        let before = keeper.generation
        await withTaskGroup { group in
            for _ in 0..<100 { group.addTask { await keeper.renew([place]) } }
        }
        #expect(fetcher.count == 2 && keeper.keySet(at: place)?.count == 2 && keeper.generation != before)
        clock.advance(11)
        let unchanged = keeper.generation
        await keeper.renew([place])
        #expect(fetcher.count == 3 && keeper.generation == unchanged)
    }

    /// A token without `kid`, signed with a key that was published after the last reading.
    @Test func aRolloverWithoutNamesIsFoundAndForgedTokensAskNoMoreOften() async throws {
        let old = try document([try webKey(try KeyPair.otherRSA.get().publicKey)])
        let new = try document([try webKey(try KeyPair.rsa.get().publicKey)])
        let fetcher = Fetcher([place.url: FetchedDocument(bytes: old)])
        let keeper = keeper(fetcher)
        await keeper.renew([place])
        let verifier = StrictTokenVerifier(secrets: TableOfSecrets(), keySets: keeper)
        let token = try Signer.of(.rs256).token(payload(), header: header(.rs256))
        #expect(verifier.verify(token, under: published(), at: now).rejection == .keyNotPublished)
        // Nothing new after the pause: one reading, and no reason to judge again.
        clock.advance(11)
        for _ in 0..<50 { #expect(await verifier.renewKeys(for: published()) == false) }
        #expect(fetcher.count == 2)
        fetcher.set(place.url, new)
        clock.advance(11)
        let found = await withTaskGroup { group in
            for _ in 0..<50 { group.addTask { await verifier.renewKeys(for: published()) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(found.allSatisfy { $0 } && fetcher.count == 3)
        #expect(verifier.verify(token, under: published(), at: now).token != nil)
    }

    @Test func theLastGoodSetStandsWhileTheIssuerIsAway() async throws {
        let (fetcher, store) = (Fetcher([place.url: FetchedDocument(bytes: rsa)]), Store())
        let keeper = keeper(fetcher, store: store)
        await keeper.renew([place])
        for broken in [nil, Array("<html>".utf8)] {
            fetcher.set(place.url, broken)
            clock.advance(3600)
            await keeper.renew([place])
            #expect(keeper.keySet(at: place)?.count == 1)
        }
        // Another process, or this one after a restart, takes what was kept.
        let restarted = self.keeper(fetcher, store: store)
        #expect(restarted.keySet(at: place) == nil)
        await restarted.renew([place])
        #expect(restarted.keySet(at: place)?.count == 1)
        clock.advance(7 * 86_400)
        #expect(restarted.keySet(at: place) == nil && keeper.keySet(at: place) == nil)
    }

    /// An issuer that publishes no key any more, and a host that is asked no more: nothing stands in, also after a restart.
    @Test func keysThatAreWithdrawnAreGone() async throws {
        let (fetcher, store) = (Fetcher([place.url: FetchedDocument(bytes: rsa)]), Store())
        let keeper = keeper(fetcher, store: store)
        await keeper.renew([place])
        let before = keeper.generation
        let delisted = self.keeper(fetcher, store: store, hosts: [])
        await delisted.renew([place])
        #expect(delisted.keySet(at: place) == nil)
        fetcher.set(place.url, Array(#"{"keys":[]}"#.utf8))
        clock.advance(3600)
        await keeper.renew([place])
        #expect(keeper.keySet(at: place) == nil && keeper.generation != before)
        fetcher.set(place.url, nil)
        let restarted = self.keeper(fetcher, store: store)
        await restarted.renew([place])
        #expect(restarted.keySet(at: place) == nil)
    }

    @Test func setsAreReadAnewWhenDue() async throws {
        let fetcher = Fetcher([place.url: FetchedDocument(bytes: rsa, maximumAge: 120)])
        let keeper = keeper(fetcher)
        await keeper.renew([place])
        clock.advance(100)
        await keeper.renewDue()
        #expect(fetcher.count == 1)
        clock.advance(30)
        await keeper.renewDue()
        #expect(fetcher.count == 2)
        // What the server asks for is bounded.
        fetcher.answers.withLock { $0[place.url]?.maximumAge = 0 }
        clock.advance(121)
        await keeper.renewDue()
        clock.advance(30)
        await keeper.renewDue()
        #expect(fetcher.count == 3)
    }

    /// No policy may name it any more; and what it verified is not remembered without it.
    @Test func setsThatNobodyNeedsAreForgotten() async throws {
        let other = KeySetLocation(.keySet, url: "https://sts.example.com/other.json")
        let fetcher = Fetcher([
            place.url: FetchedDocument(bytes: rsa), other.url: FetchedDocument(bytes: rsa),
        ])
        let keeper = keeper(fetcher)
        await keeper.renew([place, other])
        let generation = keeper.generation
        for _ in 0..<8 {
            clock.advance(86_400)
            _ = keeper.keySet(at: place)
            await keeper.renewDue()
        }
        #expect(keeper.keySet(at: place) != nil && keeper.keySet(at: other) == nil)
        #expect(keeper.generation != generation)
        let count = fetcher.count
        clock.advance(3600)
        await keeper.renewDue()
        #expect(fetcher.count == count + 1)
        await keeper.renew([other])
        #expect(keeper.keySet(at: other) != nil)
    }

    /// Whoever cannot have a set read hears why.
    @Test func tooManyPlacesAreReported() async throws {
        let keeper = keeper(Fetcher([:]))
        let problems = Mutex<[String]>([])
        keeper.report { location, problem in
            if location == place, let problem { problems.withLock { $0.append(problem) } }
        }
        await keeper.renew((0..<1024).map { KeySetLocation(.keySet, url: "https://sts.example.com/\($0)") })
        await keeper.renew([place])
        #expect(problems.withLock { $0.count == 1 && $0.first?.contains("1024 other places") == true })
    }

    @Test func discoveryLeadsToTheSet() async throws {
        let discovery = KeySetLocation(.discovery, url: "https://sts.example.com/.well-known/openid-configuration")
        func answer(_ keys: String) -> [UInt8] { Array(#"{"issuer":"\#(issuer)","jwks_uri":"\#(keys)"}"#.utf8) }
        let fetcher = Fetcher([place.url: FetchedDocument(bytes: rsa)])
        fetcher.set(discovery.url, answer(place.url))
        let keeper = keeper(fetcher)
        await keeper.renew([discovery])
        #expect(keeper.keySet(at: discovery)?.issuer == issuer)
        // It may not lead elsewhere.
        for elsewhere in [
            "https://evil.example/jwks", "http://sts.example.com/jwks", "http://127.0.0.1/", "file:///etc/passwd",
            "https://sts.example.com:8443/", "https://sts.example.com@evil.example/", "",
        ] {
            fetcher.set(discovery.url, answer(elsewhere))
            let other = self.keeper(fetcher)
            let asked = fetcher.count
            await other.renew([discovery])
            #expect(other.keySet(at: discovery) == nil && fetcher.count == asked + 1, "\(elsewhere)")
        }
    }

    @Test(arguments: [
        ([], false), (["sts.example.com"], true), (["STS.example.com"], true), (["sts.example.com:443"], true),
        (["sts.example.com:444"], false), (["example.com"], false), (["evil-sts.example.com"], false),
    ])
    func onlyListedHostsAreAsked(hosts: [String], isAsked: Bool) async throws {
        let fetcher = Fetcher([place.url: FetchedDocument(bytes: rsa)])
        let keeper = keeper(fetcher, hosts: hosts)
        let problem = Mutex<String?>(nil)
        keeper.report(to: { _, text in problem.withLock { $0 = text } })
        await keeper.renew([place])
        #expect((keeper.keySet(at: place) != nil) == isAsked && fetcher.count == (isAsked ? 1 : 0))
        #expect((problem.withLock { $0 } == nil) == isAsked)
    }

    @Test(arguments: [
        "http://sts.example.com/", "ftp://sts.example.com", "https://", "https://user@sts.example.com/",
        "https://sts.example.com/#x", "sts.example.com", "https://sts.example.com:0/", "https://a b/",
        "http://10.0.0.1/", "http://localhost.example.com/",
        "https://sts.example.com/" + String(repeating: "x", count: 1024),
    ])
    func otherAddressesAreRefused(text: String) {
        #expect(throws: KeySetAddress.Problem.self) { try KeySetAddress(text) }
    }

    @Test(arguments: ["http://localhost:81/x", "http://127.0.0.1/", "http://[::1]:9/", "https://10.0.0.1/"])
    func thisMachineMayBeAskedWithoutTLS(text: String) throws {
        #expect(try !KeySetAddress(text).host.isEmpty)
    }
}

/// Tokens that are remembered.
@Suite(.waiting) struct VerifiedTokenTests {
    private final class Secrets: SecretSource {
        let number = Mutex<Int?>(1)
        let reads = Mutex(0)
        var generation: Int? { number.withLock { $0 } }

        func withSecret<Result, Failure: Error>(
            named name: String, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
        ) throws(Failure) -> Result? {
            reads.withLock { $0 += 1 }
            return try TableOfSecrets().withSecret(named: name, body)
        }
    }

    @Test func aTokenIsVerifiedOnce() {
        let secrets = Secrets()
        let verifier = StrictTokenVerifier(secrets: secrets, memory: 100)
        let good = token()
        let first = verifier.verify(good, under: restriction(), at: now)
        for _ in 0..<5 { #expect(verifier.verify(good, under: restriction(), at: now) == first) }
        #expect(first.token != nil && secrets.reads.withLock { $0 } == 1)
        // Its time passes all the same.
        #expect(verifier.verify(good, under: restriction(), at: now.addingTimeInterval(661)).rejection == .expired)
        // Another restriction, another secret or a doubt about the secrets: verified anew.
        var other = restriction()
        other.audience = "urn:other"
        #expect(verifier.verify(good, under: other, at: now).rejection == .audienceMismatch)
        #expect(secrets.reads.withLock { $0 } == 2)
        secrets.number.withLock { $0 = 2 }
        #expect(verifier.verify(good, under: restriction(), at: now).token != nil)
        #expect(secrets.reads.withLock { $0 } == 3)
        secrets.number.withLock { $0 = nil }
        for _ in 0..<2 { #expect(verifier.verify(good, under: restriction(), at: now).token != nil) }
        #expect(secrets.reads.withLock { $0 } == 5)
    }

    @Test func whatDoesNotVerifyIsNotRemembered() {
        let secrets = Secrets()
        let verifier = StrictTokenVerifier(secrets: secrets, memory: 100)
        for _ in 0..<3 {
            #expect(verifier.verify(token() + "A", under: restriction(), at: now).rejection != nil)
            #expect(verifier.verify(token(["exp": "1"]), under: restriction(), at: now).rejection == .expired)
        }
        #expect(secrets.reads.withLock { $0 } >= 3)
    }

    @Test func theMemoryIsBounded() throws {
        let memory = VerifiedTokens(capacity: 10)
        let generation = VerifiedTokens.Generation(secrets: 1, keySets: 1)
        let verified = try #require(verdict(token()).token)
        for number in 0..<1000 {
            let name = try #require(VerifiedTokens.Name("token \(number)"))
            let times = try TokenTimes(expires: 1)
            memory.remember(name, .init(token: verified, times: times, restriction(), generation))
            #expect(memory.count <= 10)
            #expect(memory.token(name, under: restriction(), generation) != nil)
        }
        #expect(VerifiedTokens.Name(String(repeating: "x", count: 5000)) == nil)
    }
}
