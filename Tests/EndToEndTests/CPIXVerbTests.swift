import Foundation
import TestSupport
import Testing

/// Content keys in CPIX documents over the admin API: the same documents as at the machine, for who may and no other.
@Suite(.serialized, .waiting) struct CPIXVerbTests {
    /// Of its own, since it reads what is written to the audit log last.
    private static let shared = Result { try AdminSite() }
    private static let value = "000102030405060708090a0b0c0d0e0f"
    private static let inBase64 = "AAECAwQFBgcICQoLDA0ODw=="
    let site: AdminSite
    let folder: Folder

    init() throws {
        site = try Self.shared.get()
        folder = try Folder()
    }

    private func certificate() throws -> (certificate: String, key: String) {
        let paths = (folder.path + "/cert.pem", folder.path + "/key.pem")
        let made = try run(
            Programs.outside("openssl"),
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", paths.1, "-out", paths.0, "-days", "2",
                "-subj", "/CN=elsewhere",
            ])
        #expect(made.status == 0, "\(made.errors)")
        return paths
    }

    /// A key with known bytes.
    private func imported() throws -> String {
        let kid = UUID().uuidString.lowercased()
        let outcome = try site.local(
            ["key", "import", "--type", "common-cbcs", "--label", "hd", "--kid", kid],
            input: Data("hex:\(Self.value)".utf8))
        #expect(outcome.status == 0, "\(outcome.errors)")
        return kid
    }

    private func expectSame(_ arguments: [String], input: Data = Data(), status: Int32 = 0) throws {
        let (local, remote) = (try site.local(arguments, input: input), try site.remote(arguments, input: input))
        #expect(remote.text == local.text && remote.errors == local.errors, "\(arguments): \(remote.errors)")
        // What the command line itself has wrong ends with 64.
        #expect(
            local.status == remote.status && (local.status == status || status == 65 && local.status == 64),
            "\(arguments): \(local.errors)")
    }

    @Test func documentsAreTheSameHereAndThere() throws {
        let pair = try certificate()
        let kid = try imported()
        try expectSame(["cpix", "export", "--kid", kid, "--content-id", "film", "--clear", "--yes-clear"])
        let clear = try site.remote(["cpix", "export", "--kid", kid, "--clear", "--yes-clear"]).text
        #expect(clear.contains(Self.inBase64))
        for arguments in [[], ["--sign-key", pair.key, "--sign-certificate", pair.certificate]] {
            let sealed = try site.remote(["cpix", "export", "--kid", kid, "--recipient", pair.certificate] + arguments)
            #expect(sealed.status == 0 && !sealed.text.contains(Self.inBase64), "\(sealed.errors)")
            // An encrypted document is another one each time; what is in it is not.
            let elsewhere = try DataFolder()
            let options = ["--private-key", pair.key] + (arguments.isEmpty ? [] : ["--signed-by", pair.certificate])
            let taken = try run(
                Programs.own("keyway"), ["cpix", "import", "-", "--json"] + options, input: sealed.output,
                environment: elsewhere.environment)
            #expect(taken.status == 0, "\(taken.errors)")
            let again = try run(
                Programs.own("keyway"), ["cpix", "export", "--kid", kid, "--clear", "--yes-clear"],
                environment: elsewhere.environment)
            #expect(again.text == clear)
        }
    }

    @Test func importsAreTheSameHereAndThere() throws {
        let pair = try certificate()
        let elsewhere = try DataFolder()
        func made(_ name: String) throws -> String {
            try elsewhere.must("key", "create", "--type", "common", "--name", name, "--label", "audio")
            let document = try elsewhere.must(
                "cpix", "export", "--kid", name, "--recipient", pair.certificate, "--sign-key", pair.key,
                "--sign-certificate", pair.certificate)
            return try folder.write("\(name).xml", document.output)
        }
        let files = (try made("a"), try made("b"))
        let options = ["--private-key", pair.key, "--signed-by", pair.certificate, "--policy", "demo-viewers"]
        let local = try site.local(["cpix", "import", files.0] + options)
        let remote = try site.remote(["cpix", "import", files.1] + options)
        #expect(local.status == 0 && remote.status == 0, "\(local.errors) \(remote.errors)")
        let uuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/
        #expect(remote.text.replacing(uuid, with: "") == local.text.replacing(uuid, with: ""))
        #expect(remote.text.contains("common  audio\nsigned by "))
        // What is here already is left as it is, so that now both say the same of one document.
        try expectSame(["cpix", "import", files.0] + options)
        try expectSame(["cpix", "import", files.1, "--json"] + options)
        try expectSame(["cpix", "import", files.0], status: 65)
        let text = try String(contentsOfFile: files.0, encoding: .utf8)
        let forged = try folder.write(
            "forged.xml",
            Data(text.replacing("minChannels", with: "maxChannels").replacing("AUDIO", with: "VIDEO").utf8))
        try expectSame(["cpix", "import", forged] + options, status: 65)
        let shown = try site.local(["audit", "tail", "-n", "20"]).text
        #expect(shown.contains("keyImported") && shown.contains("actor=the-key-admin"))
    }

    /// By the exit code.
    private static let refused: [Int32: [[String]]] = [
        65: [
            ["export", "--asset", "film", "--encryption", "none", "--clear", "--yes-clear"],
            ["export", "--kid", "../x", "--clear", "--yes-clear"],
            ["export", "--kid", "demo-standalone", "--recipient", "LICENSE"], ["export", "--kid", "demo-standalone"],
            ["export", "--kid", "demo-standalone", "--encryption", "cenc", "--clear"], ["export", "--clear"],
            ["import", "LICENSE"], ["import", "LICENSE", "--type", "storage"],
            ["import", "LICENSE", "--policy", "../x"],
        ],
        66: [
            ["export", "--kid", "nobody", "--clear", "--yes-clear"],
            ["export", "--asset", "nobody", "--clear", "--yes-clear"], ["import", "no-such-file.xml"],
        ],
        77: [["export", "--kid", "demo-standalone", "--clear"]],
    ]

    @Test(arguments: [Int32(65), 66, 77]) func refusalsAreTheSame(status: Int32) throws {
        for arguments in Self.refused[status] ?? [] { try expectSame(["cpix"] + arguments, status: status) }
    }

    @Test(arguments: ["reader", "operator"]) func othersGetAndGiveNothing(role: String) throws {
        let kid = try imported()
        let clear = try site.local(["cpix", "export", "--kid", kid, "--clear", "--yes-clear"])
        let refused = try site.remote(["cpix", "export", "--kid", kid, "--clear", "--yes-clear"], role: role)
        #expect(refused.status == 77 && refused.errors.contains("it takes key-admin") && refused.text.isEmpty)
        #expect(try site.remote(["cpix", "import", "-"], role: role, input: clear.output).status == 77)
    }

    /// Other clients of the API have the server judge the signatures.
    @Test func theServerHoldsADocumentAgainstItsSigner() throws {
        let pair = try certificate()
        let other = try Folder()
        let stranger = other.path + "/stranger.pem"
        let made = try run(
            Programs.outside("openssl"),
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", other.path + "/k.pem", "-out", stranger,
                "-days", "2", "-subj", "/CN=stranger",
            ])
        #expect(made.status == 0)
        let document = try site.local([
            "cpix", "export", "--kid", imported(), "--clear", "--yes-clear", "--sign-key", pair.key,
            "--sign-certificate", pair.certificate,
        ]).text
        func take(_ document: String, signedBy file: String?) throws -> Answer {
            var body = ["document": document]
            body["signedBy"] = try file.map { try String(contentsOfFile: $0, encoding: .utf8) }
            let path = try folder.write("body.json", JSONEncoder().encode(body))
            return try site.ask(
                "POST", "/v1/cpix-imports", token: site.tokens["key-admin"], "-H", "Content-Type: application/json",
                "--data-binary", "@\(path)")
        }
        let taken = try take(document, signedBy: pair.certificate)
        #expect(taken.status == 200 && (taken.member("signers") as? [String])?.count == 1)
        #expect(!String(decoding: taken.body, as: UTF8.self).contains(Self.inBase64))
        #expect(try take(document, signedBy: stranger).status == 422)
        let forged = document.replacing("minPixels", with: "maxPixels")
        #expect(forged != document)
        #expect(try take(forged, signedBy: nil).status == 422)
        #expect(try take("<CPIX/>", signedBy: nil).status == 422)
        let audit = try site.local(["audit", "tail", "-n", "50"]).text
        #expect(!audit.contains(Self.inBase64) && !audit.contains(Self.value))
    }
}
