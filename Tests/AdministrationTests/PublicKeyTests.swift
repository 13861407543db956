import Foundation
import Glibc
import Policies
import Testing

@testable import Administration

/// Public keys in PEM, made by OpenSSL.
@Suite struct PublicKeyTests {
    private static func generate(_ arguments: String...) throws -> (private: Data, public: String) {
        let key = try run(["genpkey"] + arguments)
        let half = try openssl("pkey", "-pubout", input: key)
        return (key, String(decoding: half, as: UTF8.self))
    }

    private static func run(_ arguments: [String]) throws -> Data {
        switch arguments.count {
        case 3: try openssl(arguments[0], arguments[1], arguments[2])
        default: try openssl(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
        }
    }

    @Test func acceptsRSAAndP256() throws {
        let rsa = try Self.generate("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048").public
        #expect(try PublicKeyPEM(text: rsa).kind == .rsa)
        #expect(try PublicKeyPEM(text: rsa).text == rsa)
        let curve = try Self.generate("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256").public
        #expect(try PublicKeyPEM(text: curve).kind == .p256)
        let spaced = "\n" + curve.replacing("\n", with: " \r\n") + "\n\n"
        #expect(try PublicKeyPEM(text: spaced).text == curve)
    }

    @Test(arguments: [
        (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], "cannot be used: RSA modulus outside"),
        (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"], "cannot be used: EC curve is none of"),
        (
            ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
            "cannot be used: EC curve is none of"
        ),
        (["-algorithm", "ED448"], "cannot be used: neither RSA, nor EC, nor Ed25519"),
    ])
    func refusesOtherKeys(arguments: [String], reason: String) throws {
        let key = try Self.run(["genpkey"] + arguments)
        let half = String(decoding: try openssl("pkey", "-pubout", input: key), as: UTF8.self)
        #expect(Self.refusal(of: half)?.hasPrefix(reason) == true, "\(Self.refusal(of: half) ?? "accepted")")
    }

    @Test func theKeyOfACertificateIsItsPublicKey() throws {
        let key = try Self.run(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        let half = String(decoding: try openssl("pkey", "-pubout", input: key), as: UTF8.self)
        let file = FileManager.default.temporaryDirectory.appending(path: "keyway-\(UUID().uuidString).pem")
        try key.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        // Its dates do not count: it was valid for a day, long ago or not.
        let certificate = try openssl(
            "req", "-x509", "-new", "-key", file.path(percentEncoded: false), "-subj", "/CN=sts", "-days", "1")
        let read = try PublicKeyPEM(text: String(decoding: certificate, as: UTF8.self))
        #expect(read.text == half && read.kind == .rsa)
    }

    @Test func refusesPrivateKeysInEveryForm() throws {
        let key = try Self.run(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        let forms = [
            key, try openssl("rsa", "-traditional", input: key),
            try openssl("pkcs8", "-topk8", "-passout", "pass:abcd", input: key),
        ]
        for form in forms {
            let text = String(decoding: form, as: UTF8.self)
            #expect(text.contains("PRIVATE KEY"))
            let half = String(decoding: try openssl("pkey", "-pubout", input: key), as: UTF8.self)
            for offered in [text, half + text, text + half] {
                let refusal = try #require(Self.refusal(of: offered))
                #expect(refusal.hasPrefix("is a private key"))
                #expect(!refusal.contains(text.split(separator: "\n")[2]))
            }
        }
    }

    @Test func refusesOtherForms() throws {
        let key = try Self.run(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        let half = String(decoding: try openssl("pkey", "-pubout", input: key), as: UTF8.self)
        let pkcs1 = String(decoding: try openssl("rsa", "-RSAPublicKey_out", input: key), as: UTF8.self)
        #expect(Self.refusal(of: pkcs1)?.hasPrefix("is a PKCS #1 key") == true)
        #expect(
            Self.refusal(of: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----")
                == "cannot be used: not a certificate")
        for other in [
            "", "x", "\n\n\n", half + half, "text\n" + half, half + "text", half.replacing("BEGIN", with: "BEGIM"),
        ] {
            #expect(Self.refusal(of: other) != nil)
        }
        let lines = half.split(separator: "\n")
        for damaged in [
            half.replacing(lines[1], with: "!" + lines[1].dropFirst()), half.replacing(lines[2], with: ""),
            half.replacing(lines[1] + "\n", with: ""), half.replacing(lines[1], with: "AAAA"),
            [lines[0], "MAA=", lines[lines.count - 1]].joined(separator: "\n"),
            [lines[0], "MIT/////", lines[lines.count - 1]].joined(separator: "\n"),
        ] {
            let refusal = Self.refusal(of: damaged) ?? ""
            #expect(refusal.hasPrefix("is damaged") || refusal.hasPrefix("cannot be used"), "\(damaged): \(refusal)")
        }
    }

    private static func refusal(of text: String) -> String? {
        do throws(PublicKeyError) {
            _ = try PublicKeyPEM(text: text)
            return nil
        } catch {
            return error.reason
        }
    }
}

/// What a path in a document reaches.
@Suite struct PublicKeyFileTests {
    let scratch = Result { try ScratchFolder() }

    private func reading(_ path: String) throws -> String {
        let folder = try scratch.get().url.appending(path: "site/Policies")
        do throws(PublicKeyError) {
            return try PublicKeyFile.read(path, from: folder)
        } catch {
            return error.reason
        }
    }

    init() throws {
        let folder = try scratch.get()
        for path in ["site/Policies/own.pem", "site/Keys/sibling.pem", "site/near.pem", "outside.pem"] {
            try folder.write(path, "text of \(path)")
        }
        try folder.write("site/Keys/large.pem", String(repeating: "x", count: PublicKeyFile.maximumSize + 1))
        try folder.write("site/Keys/full.pem", String(repeating: "x", count: PublicKeyFile.maximumSize))
        try Data([0xFF, 0xFE]).write(to: folder.url.appending(path: "site/Keys/binary.pem"))
        let links = [
            ("site/Policies/link.pem", "../Keys/sibling.pem"), ("site/Policies/escape.pem", "../../outside.pem"),
        ]
        for (link, target) in links {
            try FileManager.default.createSymbolicLink(
                atPath: folder.url.appending(path: link).path, withDestinationPath: target)
        }
        #expect(mkfifo(folder.url.appending(path: "site/Keys/pipe.pem").path, 0o600) == 0)
    }

    @Test(arguments: [
        ("own.pem", "site/Policies/own.pem"), ("./own.pem", "site/Policies/own.pem"),
        ("../Keys/sibling.pem", "site/Keys/sibling.pem"), ("../near.pem", "site/near.pem"),
        ("link.pem", "site/Keys/sibling.pem"), ("../Policies/../Keys/sibling.pem", "site/Keys/sibling.pem"),
    ])
    func readsNearFiles(path: String, file: String) throws {
        #expect(try reading(path) == "text of \(file)")
    }

    @Test(arguments: [
        ("/etc/passwd", "is not relative to the document"), ("~/x", "is not relative to the document"),
        ("../../outside.pem", "lies outside the folder above the document's"),
        ("../../../../../../../../etc/passwd", "lies outside the folder above the document's"),
        ("../../site-2/x", "lies outside the folder above the document's"),
        ("escape.pem", "lies outside the folder above the document's"),
        ("../Keys", "is not a file"), ("../Keys/pipe.pem", "is not a file"), ("none.pem", "does not exist"),
        ("../Keys/large.pem", "is larger than 16 KiB"), ("../Keys/binary.pem", "is not a text in UTF-8"),
    ])
    func refusesOthers(path: String, reason: String) throws {
        #expect(try reading(path) == reason)
    }

    @Test func readsUpToTheLimit() throws {
        #expect(try reading("../Keys/full.pem").utf8.count == PublicKeyFile.maximumSize)
    }
}
