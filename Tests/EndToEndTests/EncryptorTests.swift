import Foundation
import TestSupport
import Testing

/// Other encryptors: an encryptor that is not ours (Tests/CPIX) asks a running server for keys, Shaka Packager encrypts
/// with them, and a player has the same keys from the same server.
@Suite(.waiting) struct EncryptorTests {
    private static let video = "aeb4050d-e44b-4802-932e-27d75083e266"
    private static let audio = "beb4050d-e44b-4802-932e-27d75083e266"
    private static let policy = """
        kind: AuthorizationPolicy
        name: films
        options:
          - name: all
            delivery: [aes, clearkey]
            restrictions: [open: {}]
        """

    private func site() throws -> DataFolder {
        let data = try DataFolder()
        try data.must("apply", data.folder.write("policy.yaml", Data(Self.policy.utf8)))
        return data
    }

    private func token(_ data: DataFolder, _ name: String, _ arguments: String...) throws -> String {
        let outcome = try run(
            Programs.own("keyway"), ["encryptor", "create", name, "--policy", "films"] + arguments,
            environment: data.environment)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Asks by Tests/CPIX/speke.py, with SPEKE 2.0 unless the URL is the plain one.
    private func ask(
        _ server: RunningServer, _ token: String, path: String = "/cpix/speke/v2", scheme: String = "cbcs",
        _ arguments: [String] = []
    ) throws -> [String: Any] {
        let script = Programs.repository.appendingPathComponent("Tests/CPIX/speke.py").path
        let isSPEKE = path.contains("speke") && !arguments.contains("--version")
        let outcome = try run(
            Programs.outside("python"),
            [
                script, server.origin + path, token, "film-42", scheme, "HD=\(Self.video)", "AUDIO=\(Self.audio)",
            ] + arguments + (isSPEKE ? ["--version", "2.0"] : []))
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try outcome.json()
    }

    private func keys(_ answer: [String: Any]) -> [String: String] {
        (answer["keys"] as? [String: [String: Any]] ?? [:]).compactMapValues { $0["key"] as? String }
    }

    private func code(_ answer: [String: Any]) -> String? {
        (answer["problem"] as? [String: Any])?["code"] as? String
    }

    @Test(arguments: ["cenc", "cbcs"]) func shakaPackagerEncryptsWithKeysThatPlayersHave(scheme: String) throws {
        let data = try site()
        let server = try RunningServer(data)
        let answer = try ask(
            server, token(data, "shaka"), scheme: scheme,
            ["--system", "1077efec-c0b2-4d02-ace3-3c1e52e2fb4b", "--system", "e2719d58-a985-b3c9-781a-b030af78d30e"])
        let keys = keys(answer)
        let video = try #require(keys[Self.video])
        let audio = try #require(keys[Self.audio])
        let headers = answer["headers"] as? [String: String]
        #expect(headers?["x-speke-version"] == "2.0" && headers?["x-speke-user-agent"]?.hasPrefix("keyway/") == true)
        #expect(headers?["cache-control"] == "no-store" && answer["contentId"] as? String == "film-42")
        let folder = try Folder()
        func hex(_ id: String) -> String { id.replacing("-", with: "") }
        let packed = try run(
            Programs.outside("packager-linux-x64"),
            [
                "in=\(Programs.clip("exo_sample.mp4")),stream=video,drm_label=HD,output=\(folder.path)/v.mp4",
                "in=\(Programs.clip("exo_sample.mp4")),stream=audio,drm_label=AUDIO,output=\(folder.path)/a.mp4",
                "--enable_raw_key_encryption", "--protection_scheme", scheme, "--clear_lead", "0", "--keys",
                "label=HD:key_id=\(hex(Self.video)):key=\(video),label=AUDIO:key_id=\(hex(Self.audio)):key=\(audio)",
                "--mpd_output", "\(folder.path)/film.mpd",
            ])
        #expect(packed.status == 0, "\(packed.errors)")
        #expect(try String(contentsOfFile: "\(folder.path)/film.mpd", encoding: .utf8).contains(Self.video))
        // A player asks the same server, knowing the KID only.
        let licence = try curl(
            "\(server.origin)/keys/clearkey", "-d",
            "{\"kids\":[\"\(try base64URL(Self.video))\"],\"type\":\"temporary\"}")
        let document = try JSONSerialization.jsonObject(with: licence.body) as? [String: Any]
        let value = try #require((document?["keys"] as? [[String: String]])?.first?["k"])
        let standard = value.replacing("-", with: "+").replacing("_", with: "/") + "=="
        let bytes = try #require(Data(base64Encoded: standard))
        let played = bytes.map { String(format: "%02x", $0) }.joined(separator: "")
        #expect(played == video)
        let output = folder.path + "/clear.mp4"
        let opened = try run(
            Programs.outside("packager-linux-x64"),
            [
                "in=\(folder.path)/v.mp4,stream=video,output=\(output)", "--enable_raw_key_decryption", "--keys",
                "label=:key_id=\(hex(Self.video)):key=\(played)",
            ])
        #expect(opened.status == 0, "\(opened.errors)")
        let source = try frames(Programs.clip("exo_sample.mp4"))
        #expect(!source.isEmpty)
        #expect(try frames(output) == source)
        #expect(try data.must("audit", "verify").text.hasPrefix("intact"))
    }

    private func base64URL(_ keyID: String) throws -> String {
        let bytes = try #require(UUID(uuidString: keyID)).uuid
        let text = withUnsafeBytes(of: bytes) { Data($0) }.base64EncodedString()
        return text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func frames(_ file: String) throws -> [String] {
        let outcome = try run(
            Programs.outside("ffmpeg"), ["-v", "error", "-i", file, "-map", "0:v", "-f", "framemd5", "-"])
        #expect(outcome.status == 0 && outcome.errors == "")
        return outcome.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
            $0.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test func keysAreEncryptedToTheCertificateOfTheRequest() throws {
        let data = try site()
        let server = try RunningServer(data)
        let token = try token(data, "packager")
        let clear = try ask(server, token, path: "/cpix/keys", ["--validate"])
        #expect(clear["clear"] as? Bool == true)
        let pair = try certificate(data)
        for path in ["/cpix/keys", "/cpix/speke/v2"] {
            let sealed = try ask(
                server, token, path: path, ["--certificate", pair.certificate, pair.key, "--validate"])
            #expect(sealed["clear"] as? Bool == false)
            #expect(keys(sealed) == keys(clear) && keys(sealed).count == 2)
        }
    }

    private func certificate(_ data: DataFolder) throws -> (certificate: String, key: String) {
        let pair = (data.folder.path + "/certificate.pem", data.folder.path + "/key.pem")
        let made = try run(
            Programs.outside("openssl"),
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=packager", "-keyout",
                pair.1,
                "-out", pair.0,
            ])
        #expect(made.status == 0)
        return pair
    }

    @Test func anEncryptorCanShowACertificateInsteadOfAToken() throws {
        let data = try site()
        let pair = try certificate(data)
        let environment = [
            "KEYWAY_TLS_ORIGIN_CERTIFICATE": pair.certificate, "KEYWAY_TLS_ORIGIN_KEY": pair.key,
            "KEYWAY_TLS_ORIGIN_CLIENT_AUTHORITIES": pair.certificate,
        ]
        let server = try RunningServer(data, environment: environment)
        let request = try data.folder.write(
            "request.xml",
            Data(
                """
                <CPIX xmlns="urn:dashif:org:cpix"><ContentKeyList>
                <ContentKey kid="\(Self.video)" commonEncryptionScheme="cbcs"/></ContentKeyList></CPIX>
                """.utf8))
        func ask(_ version: String) throws -> Answer {
            try curl(
                server.origin + "/cpix/keys", version, "-k", "--cert", pair.certificate, "--key", pair.key,
                "-H", "Content-Type: application/xml", "--data-binary", "@\(request)")
        }
        #expect(try ask("--http1.1").status == 401)
        let made = try data.must("encryptor", "create", "tls", "--policy", "films", "--certificate", pair.certificate)
        #expect(made.text == "created tls\n")
        for version in ["--http1.1", "--http2"] {
            let answer = try ask(version)
            #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
            #expect(String(decoding: answer.body, as: UTF8.self).contains("PlainValue"))
        }
        #expect(
            try data.keyway("encryptor", "create", "x", "--policy", "films", "--certificate", pair.key).status == 65)
        try data.must("encryptor", "revoke", "tls")
        #expect(try ask("--http2").status == 401)
    }

    @Test func whoIsRefusedAndWhy() throws {
        let data = try site()
        let server = try RunningServer(data)
        let token = try token(data, "packager")
        #expect(try ask(server, token)["status"] as? Int == 200)
        #expect(code(try ask(server, "")) == "tokenMissing")
        #expect(code(try ask(server, "kwe_" + String(repeating: "A", count: 43))) == "tokenInvalid")
        #expect(code(try ask(server, token, scheme: "cenc")) == "schemeMismatch")
        #expect(code(try ask(server, token, scheme: "cbc1")) == "requestInvalid")
        #expect(code(try ask(server, token, ["--version", "1.0"])) == "spekeVersion")
        let unknown = "00000000-79d6-4ace-a3c8-27dcd51d21ed"
        #expect(code(try ask(server, token, ["--system", unknown])) == "systemNotSupported")
        let widevine = "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"
        #expect(try ask(server, token, ["--system", widevine])["status"] as? Int == 200)
        let careful = try self.token(data, "careful", "--existing-only")
        #expect(try keys(ask(server, careful)) == keys(ask(server, token)))
        try data.must("encryptor", "revoke", "packager")
        #expect(code(try ask(server, token)) == "tokenInvalid")
        for (body, status) in [
            ("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", 400), ("{}", 400),
            ("<CPIX xmlns='urn:dashif:org:cpix'/>", 422),
        ] {
            let answer = try curl(
                server.origin + "/cpix/keys", "-H", "Authorization: Bearer \(careful)", "-H",
                "Content-Type: application/xml", "-d", body)
            #expect(answer.status == status, "\(String(decoding: answer.body, as: UTF8.self))")
        }
        let json = try curl(
            server.origin + "/cpix/keys", "-H", "Authorization: Bearer \(careful)", "-H",
            "Content-Type: application/json", "-d", "{}")
        #expect(json.status == 415)
    }

    @Test func documentsGoFromOneInstallationToAnother() throws {
        let (here, there) = (try site(), try site())
        let pair = try certificate(there)
        try here.must("key", "create", "--type", "common", "--name", "film", "--label", "hd", "--policy", "films")
        let exported = try here.must("cpix", "export", "--kid", "film", "--recipient", pair.certificate)
        let file = try there.folder.write("film.xml", exported.output)
        #expect(try there.keyway("cpix", "import", file).status == 65)
        let script = Programs.repository.appendingPathComponent("Tests/CPIX/cpix.py").path
        let signed = try run(
            Programs.outside("python"), [script, "sign", file, pair.key, pair.certificate, "document"])
        let signedFile = try there.folder.write("signed.xml", signed.output)
        #expect(
            try there.keyway(
                "cpix", "import", file, "--private-key", pair.key, "--signed-by", pair.certificate
            ).status == 65)
        let report = try there.must(
            "cpix", "import", signedFile, "--private-key", pair.key, "--signed-by", pair.certificate, "--policy",
            "films", "--json"
        ).json()
        let key = try #require((report["keys"] as? [[String: Any]])?.first)
        let source = try here.must("key", "show", "film", "--json").json()
        #expect(key["checksum"] as? String == source["checksum"] as? String)
        #expect(key["label"] as? String == "video-hd")
        let ours = try here.must(
            "cpix", "export", "--kid", "film", "--recipient", pair.certificate, "--sign-key", pair.key,
            "--sign-certificate", pair.certificate
        ).output
        try there.must(
            "cpix", "import", "-", "--private-key", pair.key, "--signed-by", pair.certificate, input: ours)
        let clear = try here.must("cpix", "export", "--kid", "film", "--clear", "--yes-clear").output
        let again = try there.must("cpix", "import", "-", "--json", input: clear).json()
        #expect((again["keys"] as? [[String: Any]])?.count == 1)
        #expect(try here.keyway("cpix", "export", "--kid", "film", "--clear").status == 77)
        #expect(try here.keyway("cpix", "export", "--kid", "film").status == 64)
        #expect(try here.keyway("cpix", "export", "--asset", "none", "--clear", "--yes-clear").status == 66)
        let broken = try there.keyway("cpix", "import", "-", input: Data("<CPIX>\n<x>".utf8))
        #expect(broken.status == 65 && broken.errors.contains("-:2:"))
    }
}
