import Testing

@testable import Administration

/// Every error of a file, with its place: golden lists.
@Suite struct DocumentErrorTests {
    /// A field that stands twice hides nothing, wherever it stands.
    @Test func aFieldThatStandsTwiceHidesNoOtherError() {
        let text = """
            kind: DeliveryPolicy
            name: d
            name: e
            protocols: [hls]
            encryption: rot13
            ---
            kind: ContentKey
            name: k
            type: common
            label: { "a": b, "a": c }
            bogus: 1
            """
        let found = errors(text)
        #expect(found.contains("f.yaml:2:1: the field 'name' stands here twice"))
        #expect(found.contains { $0.hasPrefix("f.yaml:5:13: 'encryption' knows no 'rot13': known are ") })
        #expect(found.contains("f.yaml:10:10: the field 'a' stands here twice"))
        #expect(found.contains { $0.hasPrefix("f.yaml:11:1: a ContentKey has no field 'bogus': known are kind, ") })
    }

    @Test func allErrorsOfAFileAreReported() {
        let text = """
            kind: DeliveryPolicy
            name: multi format
            protocol: [hls]
            encryption: cbc
            keys: { video-ssd: auto, audio: 7f1d }
            ---
            kind: AuthorizationPolicy
            name: a
            options:
              - name: web
                delivery: [aes, clear-key, aes]
                restrictions:
                  - ip: { allow: [10.0.0.1/8, "::1/129", host] }
                  - tokn: {}
                  - token:
                      type: saml
                      audience: ""
                      verificationKeys:
                        - { jwks: http://sts.example.com/jwks.json, algorithms: [HS256] }
                        - { secret: s, algorithms: [RS256, ES256K] }
                        - { algorithms: [none] }
                      maxUses: 0
                      clockSkew: 2h
              - name: web
            ---
            kind: ContentKey
            name: k
            type: storage
            kid: 00000000-0000-0000-0000-000000000000
            authorizationPolicy: a
            ---
            kind: Locator
            name: x
            ---
            name: y
            ---
            - kind: ContentKey
            """
        #expect(
            errors(text) == [
                "f.yaml:1:1: a DeliveryPolicy needs the field 'protocols'",
                "f.yaml:2:7: 'name' is 1 to 128 of letters, digits, '.', '_' and '-', and does not start with '.'",
                "f.yaml:3:1: a DeliveryPolicy has no field 'protocol': the nearest known one is 'protocols'",
                "f.yaml:4:13: 'encryption' knows no 'cbc': the nearest known one is 'cbcs'",
                "f.yaml:5:9: 'keys' knows no label 'video-ssd': the nearest known one is 'video-sd'",
                "f.yaml:5:33: a label's key is 'auto', or 'clear' for tracks that leave without encryption: keys of one's own "
                    + "cannot be named here",
                "f.yaml:11:21: 'delivery' knows no 'clear-key': the nearest known one is 'clearkey'",
                "f.yaml:11:32: 'delivery' names 'aes' twice",
                "f.yaml:13:23: '10.0.0.1/8' has address bits below its prefix: the network's own address is meant",
                "f.yaml:13:35: '::1/129' is not an address or a block: 192.0.2.0/24, 2001:db8::/32",
                "f.yaml:13:46: 'host' is not an address or a block: 192.0.2.0/24, 2001:db8::/32",
                "f.yaml:14:9: a restriction has no field 'tokn': the nearest known one is 'token'",
                "f.yaml:16:11: 'token' needs the field 'issuer'",
                "f.yaml:16:17: 'type' knows no 'saml': known are jwt, swt",
                "f.yaml:17:21: 'audience' needs a text",
                "f.yaml:19:23: 'jwks' is plain http, which is for this machine alone: keys are read over https",
                "f.yaml:19:69: HS256 is keyed with a secret: published keys are public",
                "f.yaml:20:25: RS256 verifies with a public key, not with a secret: a secret goes with HS256, HS384 or "
                    + "HS512",
                "f.yaml:20:48: 'algorithms': 'ES256K' is not available in this version (there is HS256, HS384, HS512, "
                    + "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA)",
                "f.yaml:21:15: a verification key needs one of 'pem', 'rsa', 'jwk', 'secret', 'jwks', 'openid'",
                "f.yaml:22:20: 'maxUses' is a number from 1 to 1000000",
                "f.yaml:23:22: 'clockSkew' lies between 0s and 1h",
                "f.yaml:24:5: an option needs the field 'delivery'",
                "f.yaml:24:5: an option needs the field 'restrictions'",
                "f.yaml:29:6: 'kid' is a UUID: 32 hexadecimal digits, dashed 8-4-4-4-12 or not, and not all zero",
                "f.yaml:30:22: a key of type 'storage' is never delivered: it takes no 'authorizationPolicy'",
                "f.yaml:32:7: 'kind' knows no 'Locator': known are AuthorizationPolicy, DeliveryPolicy, AccessPolicy, Filter, "
                    + "StreamingEndpoint, NotificationEndpoint, Transform, IngestRules, ContentKey",
                "f.yaml:35:1: a document needs the field 'kind'",
                "f.yaml:37:1: a document needs fields",
            ])
    }

    private static let delivery = "kind: DeliveryPolicy\nname: d\nprotocols: [hls]\nencryption: "

    @Test(arguments: [
        (
            "cenc\nsignalling: [clearkey, fairplay]",
            "f.yaml:5:13: 'signalling': 'fairplay' goes with encryption 'cbcs', not 'cenc'"
        ),
        (
            "cbcs\nsignalling: [clearkey, widewine]",
            "f.yaml:5:24: 'signalling' knows no 'widewine': the nearest known one is 'widevine'"
        ),
        ("cbcs\nsignalling: []", "f.yaml:5:13: 'signalling' needs a list with at least one item"),
        (
            "envelope\nsignalling: [clearkey]",
            "f.yaml:5:13: 'signalling' goes with encryption 'cenc' or 'cbcs', not 'envelope'"
        ),
        ("none\nkeys: { all: auto }", "f.yaml:5:7: 'keys' has no meaning with encryption 'none'"),
        ("cenc\nkeys: {}", "f.yaml:5:7: 'keys' names at least one label; left out, all tracks share one key"),
        ("cenc\nkeys: auto", "f.yaml:5:7: 'keys' needs fields"),
        (
            "blocked\nkeyAcquisition: { url: https://a }",
            "f.yaml:5:17: 'keyAcquisition' has no meaning with encryption 'blocked'"
        ),
        (
            "cenc\nkeyAcquisition: { url: ftp://a/ }",
            "f.yaml:5:24: 'url' is an absolute http or https URL, with {kid} in place of the KID"
        ),
        (
            "cenc\nkeyAcquisition: { url: 'https://a/\"b' }",
            "f.yaml:5:24: 'url' is an absolute http or https URL, with {kid} in place of the KID"
        ),
        (
            "cenc\nkeyAcquisition: { url: 'https://u@a/' }",
            "f.yaml:5:24: 'url' is an absolute http or https URL, with {kid} in place of the KID"
        ),
        (
            "envelope\nkeyAcquisition: { url: https://a/key }",
            "f.yaml:5:24: 'url' needs {kid}: a player of 'envelope' names its key in the URL only"
        ),
        ("", "f.yaml:4:12: 'encryption' needs a text"),
        ("[cenc]", "f.yaml:4:13: 'encryption' needs a text"),
        ("cenc\nencryption: cbcs", "f.yaml:4:1: the field 'encryption' stands here twice"),
        (
            "'cenc\\u0007'",
            "f.yaml:4:13: 'encryption' knows no 'cenc\\u0007': known are none, envelope, cenc, cbcs, blocked"
        ),
        ("\"cenc\\u0007\"", "f.yaml:4:13: 'encryption' is one line of at most 256 bytes"),
        ("cenc\n[a]: b", "f.yaml:5:1: a field's name is a text"),
        ("cenc\n  : b", "f.yaml:5:3: not YAML: did not find expected key"),
    ])
    func deliveryPolicyErrors(rest: String, error: String) {
        #expect(errors(Self.delivery + rest) == [error])
    }

    @Test func progressiveIsNotEncrypted() {
        let text = "kind: DeliveryPolicy\nname: d\nprotocols: [progressive, hls]\nencryption: "
        #expect(
            errors(text + "cenc") == [
                "f.yaml:3:12: 'progressive' sends whole files: it goes with encryption 'none' or 'blocked', not 'cenc'"
            ])
        #expect(errors(text + "none").isEmpty && errors(text + "blocked").isEmpty)
    }

    private static let token = """
        kind: AuthorizationPolicy
        name: a
        options:
        - name: o
          delivery: [aes]
          restrictions:
          - token:
              type: jwt
              issuer: i
              audience: u
              verificationKeys: [{ secret: s, algorithms: [HS256] }]

        """

    @Test(arguments: [
        // Tokens with both are refused: nobody should have to know which one wins.
        (
            "      requiredClaims: { \u{E9}: a, e\u{301}: b }",
            "f.yaml:12:25: the field 'e\u{301}' stands here twice"
        ),
        ("      requiredClaims: [a]", "f.yaml:12:23: 'requiredClaims' needs fields"),
        (
            "      requiredClaims: { a: {b: c} }",
            "f.yaml:12:29: the claim 'a' has no field 'b': the only known one is 'present'"
        ),
        (
            "      requiredClaims: { a: 'x{kid}' }",
            "f.yaml:12:28: {kid} stands alone: the claim names the requested key"
        ),
        (
            "      requiredClaims: { a: '{KID}' }",
            "f.yaml:12:28: '{KID}' names no key: the requested one is {kid}, in small letters and single braces"
        ),
        (
            "      requiredClaims: { a: {} }",
            "f.yaml:12:28: a claim is asked for with a value, a list of values, or '{ present: true }'"
        ),
        (
            "      requiredClaims: { a: { present: false } }",
            "f.yaml:12:28: a claim is asked for with a value, a list of values, or '{ present: true }'"
        ),
        ("      requiredClaims: { a: [] }", "f.yaml:12:28: 'a' needs a list with at least one item"),
        (
            "      requiredClaims: { a: [x, '{kid}'] }",
            "f.yaml:12:32: {kid} stands alone: the claim names the requested key"
        ),
        ("      maxLifetime: 0s", "f.yaml:12:20: 'maxLifetime' lies between 1s and 366d"),
        ("      maxUses: -1", "f.yaml:12:16: 'maxUses' is a number from 1 to 1000000"),
        ("      maxUses: 1e3", "f.yaml:12:16: 'maxUses' is a number from 1 to 1000000"),
        ("      maxUses: 99999999999999999999", "f.yaml:12:16: 'maxUses' is a number from 1 to 1000000"),
        ("      clockSkew: 60", "f.yaml:12:18: 'clockSkew' is a duration: 60s, 5m, 12h or 30d"),
        ("    ip: { allow: [10.0.0.0/8] }", "f.yaml:7:5: a restriction has one kind: write each as an item of its own"),
        ("  - ip: { allow: [] }", "f.yaml:12:18: 'allow' needs a list with at least one item"),
        ("  - ip: {}", "f.yaml:12:9: 'ip' needs the field 'allow'"),
        (
            "  - ip: { allow: [10.0.0.0/8], dney: [10.0.0.1] }",
            "f.yaml:12:32: 'ip' has no field 'dney': the nearest known one is 'deny'"
        ),
        ("  - closed", "f.yaml:12:5: a restriction is 'open', 'ip: {…}' or 'token: {…}'"),
        ("  - open: true", "f.yaml:12:11: 'open' needs fields"),
        ("  - open: { x: 1 }", "f.yaml:12:13: 'open' has no field 'x'"),
    ])
    func restrictionErrors(rest: String, error: String) {
        #expect(errors(Self.token + rest) == [error])
    }

    @Test(arguments: [
        ("{ secret: s }", "f.yaml:8:38: a verification key needs the field 'algorithms'"),
        ("{ secret: s, pem: x, algorithms: [HS256] }", "f.yaml:8:38: a verification key has one source"),
        (
            "{ openid: ftp://a, algorithms: [RS256] }",
            "f.yaml:8:48: 'openid' is neither https:// nor http://"
        ),
        (
            "{ secret: s, algorithms: [none] }",
            "f.yaml:8:64: 'algorithms' knows no 'none': known are HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, "
                + "ES256, ES384, ES512, EdDSA"
        ),
        (
            "{ secret: s, algorithms: [hs256] }",
            "f.yaml:8:64: 'algorithms' knows no 'hs256': the nearest known one is 'HS256'"
        ),
        (
            "{ pem: ../Keys/demo-partner.pub.pem, algorithms: [HS256] }",
            "f.yaml:8:45: HS256 is keyed with a secret: under a public key everyone could sign"
        ),
        (
            "{ pem: ../Keys/demo-partner.pub.pem, algorithms: [RS256] }",
            "f.yaml:8:45: RS256 does not go with a P-256 key"
        ),
        (
            "{ pem: ../Keys/README.md, algorithms: [ES256] }",
            "f.yaml:8:45: 'pem' '../Keys/README.md' is not exactly one PEM block 'PUBLIC KEY' or 'CERTIFICATE'"
        ),
        (
            "{ pem: ../Keys/none.pem, algorithms: [ES256] }",
            "f.yaml:8:45: 'pem' '../Keys/none.pem' does not exist"
        ),
    ])
    func verificationKeyErrors(key: String, error: String) {
        let text = """
            kind: AuthorizationPolicy
            name: a
            options:
            - name: o
              delivery: [aes]
              restrictions:
              - token: { type: jwt, issuer: i, audience: u,
                         verificationKeys: [     \(key) ] }
            """
        #expect(errors(text) == [error])
    }

    @Test func swtHasNoPublicKeys() {
        let text = """
            kind: AuthorizationPolicy
            name: a
            options:
            - name: o
              delivery: [aes]
              restrictions:
              - token: { type: swt, issuer: i, audience: u, verificationKeys: [{ pem: x, algorithms: [RS256] }] }
            """
        #expect(errors(text) == ["f.yaml:7:75: a token of type 'swt' is signed with a secret, not with a public key"])
    }

    @Test func messagesAreBounded() {
        let name = String(repeating: "x", count: 1000)
        let messages = errors(
            "kind: \(name)\n---\nkind: ContentKey\nname: a\ntype: common\n\(name): 1\n\"a\\u202Eb\": 1")
        #expect(messages.count == 3)
        #expect(messages.allSatisfy { $0.utf8.count < 300 && !$0.contains("\u{202E}") })
    }
}
