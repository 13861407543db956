import ContentKeys
import Policies
import Testing

@testable import Administration

@Suite struct DocumentParsingTests {
    @Test func readsAnAuthorizationPolicy() throws {
        let loaded = parse(
            """
            kind: AuthorizationPolicy
            name: subscribers
            options:
              - name: web
                delivery: [aes, clearkey]
                restrictions:
                  - ip: { allow: [203.0.113.0/24, "2001:db8::/32"], deny: [203.0.113.7] }
                  - token:
                      type: jwt
                      issuer: https://sts.example.com
                      audience: urn:example:films
                      verificationKeys:
                        - { pem: ../Keys/demo-partner.pub.pem, algorithms: [ES256] }
                        - { secret: sts-hs256, algorithms: [HS256] }
                      requiredClaims: { plan: premium, level: 3, "urn:keyway:kid": "{kid}" }
                      maxUses: 1
                      clockSkew: 2m
              - name: anyone
                delivery: [aes]
                restrictions: [open]
              - name: explicit
                delivery: [aes]
                restrictions: [open: {}, open: ]
            """)
        #expect(loaded.errors.isEmpty, "\(loaded.errors)")
        let located = try #require(loaded.documents.first)
        guard case .authorizationPolicy(let policy) = located.document else {
            Issue.record("not an authorization policy")
            return
        }
        #expect(policy.options.map(\.name) == ["web", "anyone", "explicit"])
        #expect(policy.options[0].delivery == [.aes, .clearkey])
        #expect(policy.options[1].restrictions == [.open])
        #expect(policy.options[2].restrictions == [.open, .open])
        guard case .ip(let addresses) = policy.options[0].restrictions[0],
            case .token(let token) = policy.options[0].restrictions[1]
        else {
            Issue.record("not an ip and a token restriction")
            return
        }
        #expect(addresses.allow.map(\.description) == ["203.0.113.0/24", "2001:db8::/32"])
        #expect(addresses.deny.map(\.description) == ["203.0.113.7/32"])
        #expect(
            token.kind == .jwt && token.issuer == "https://sts.example.com" && token.audience == "urn:example:films")
        #expect(token.verificationKeys.map(\.algorithms) == [[.es256], [.hs256]])
        #expect(token.verificationKeys[1].source == .secret("sts-hs256"))
        #expect(
            token.requiredClaims == [
                RequiredClaim(name: "plan", expectation: .equals("premium")),
                RequiredClaim(name: "level", expectation: .equals("3")),
                RequiredClaim(name: "urn:keyway:kid", expectation: .requestedKeyID),
            ])
        #expect(token.maximumUses == 1 && token.clockSkew == 120)
        #expect(located.references.map(\.name) == ["sts-hs256"])
        #expect(located.references.map(\.position.line) == [14])
    }

    @Test func readsSeveralDocumentsOfAFile() {
        let loaded = parse(
            """
            # A comment with an *asterisk* and an &ampersand in it.
            kind: DeliveryPolicy
            name: multi-format
            protocols: [hls, dash, smooth]
            encryption: cbcs
            clearLead: 10s
            cryptoPeriod: 5m
            keys: { video-sd: auto, video-hd: auto, audio: auto }
            keyAcquisition: { url: "https://keys.example.com/keys/aes?kid={kid}&a=b" }
            signalling: [fairplay, clearkey, widevine, playready]
            ---
            ---
            kind: ContentKey
            name: film-42
            type: common
            kid: 7F1D0000-0000-4000-8000-00000000000a
            authorizationPolicy: subscribers
            ---
            kind: AccessPolicy
            name: year
            permissions: [read, list]
            duration: 365d
            ...
            """)
        #expect(loaded.errors.isEmpty, "\(loaded.errors)")
        #expect(
            loaded.documents.map(\.document) == [
                .deliveryPolicy(
                    DeliveryPolicy(
                        name: "multi-format", protocols: [.hls, .dash, .smooth], encryption: .cbcs,
                        keyLabels: [.videoSD, .videoHD, .audio],
                        keyAcquisitionURL: "https://keys.example.com/keys/aes?kid={kid}&a=b",
                        signalling: [.clearkey, .widevine, .playready, .fairplay],
                        times: ProtectionTimes(clearLead: 10, cryptoPeriod: 300))),
                .contentKey(
                    ContentKeyDeclaration(
                        name: "film-42", type: .common, keyID: .init("7f1d000000004000800000000000000a"),
                        authorizationPolicy: "subscribers")),
                .accessPolicy(AccessPolicy(name: "year", permissions: [.read, .list], duration: 31_536_000)),
            ])
        #expect(loaded.documents.map(\.position.line) == [2, 13, 19])
    }

    /// What leaves in the clear is said by name, and something is encrypted beside it.
    @Test func tracksLeaveInTheClearByName() throws {
        let text =
            "{ kind: DeliveryPolicy, name: d, protocols: [dash], encryption: cenc, keys: { all: auto, audio: clear } }"
        let loaded = parse(text)
        #expect(loaded.errors.isEmpty)
        let policy = DeliveryPolicy(
            name: "d", protocols: [.dash], encryption: .cenc, keyLabels: [.all], clearLabels: [.audio])
        #expect(loaded.documents.map(\.document) == [.deliveryPolicy(policy)])
        #expect(DeliveryPolicyForm(policy).keys == ["all": "auto", "audio": "clear"])
        #expect(parse(text.replacing("all: auto, ", with: "")).errors.count == 1)
        #expect(parse(text.replacing("cenc", with: "none")).errors.count == 1)
    }

    @Test(arguments: ["", "\n\n", "# nothing\n", "---\n", "---\n---\n", "~", "\u{FEFF}"])
    func nothingIsNoError(text: String) {
        let loaded = parse(text)
        #expect(loaded.documents.isEmpty && loaded.errors.isEmpty)
    }

    /// SWT has one algorithm, which may go unsaid.
    @Test func readsSWT() throws {
        let loaded = parse(
            """
            kind: AuthorizationPolicy
            name: a
            options:
              - name: o
                delivery: [aes]
                restrictions:
                  - token: { type: swt, issuer: i, audience: u, verificationKeys: [{ secret: s }] }
            """)
        #expect(loaded.errors.isEmpty)
        guard case .authorizationPolicy(let policy) = loaded.documents.first?.document else {
            Issue.record("not read")
            return
        }
        let key = VerificationKey(source: .secret("s"), algorithms: [.hs256])
        #expect(
            policy.options.first?.restrictions == [
                .token(TokenRestriction(kind: .swt, issuer: "i", audience: "u", verificationKeys: [key]))
            ])
    }

    @Test(arguments: [
        ("0s", 0), ("60s", 60), ("5m", 300), ("12h", 43_200), ("30d", 2_592_000), ("1000000d", 86_400_000_000),
    ])
    func readsDurations(text: String, seconds: Int) {
        #expect(DurationText.seconds(text) == seconds)
        #expect(DurationText.seconds(DurationText.text(seconds)) == seconds)
    }

    @Test(arguments: [
        "", "s", "60", "-1s", "+1s", "1.5h", "1 h", "1w", "1S", "1h30m", "9999999d", "１s", "99999999999999999999d",
    ])
    func refusesDurations(text: String) {
        #expect(DurationText.seconds(text) == nil)
    }

    @Test(arguments: [
        ("encrytion", "encryption"), ("Name", "name"), ("knid", "kind"), ("protocol", "protocols"),
        ("sigalling", "signalling"), ("", nil), ("bogus", nil), ("x", nil),
    ])
    func findsTheNearestName(wrong: String, name: String?) {
        #expect(NearestName.of(wrong, among: ["kind", "name", "protocols", "encryption", "signalling"]) == name)
    }
}
