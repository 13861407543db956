import ContentKeys
import Cryptography
import Foundation
import KeyExchange
import Policies
import TestSupport
import Testing

/// A folder with a key pair and certificate that the openssl program made, for the time of the tests.
final class Holder: Sendable {
    static let shared = Result { try Holder() }
    static let other = Result { try Holder() }

    let folder: URL
    let certificate: Certificate
    let privateKey: RSAPrivateKey

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-cpix-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        _ = try Tool.run([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=packager",
            "-keyout", folder.path + "/key.pem", "-out", folder.path + "/certificate.pem",
        ])
        certificate = try Certificate(
            pem: String(contentsOf: folder.appendingPathComponent("certificate.pem"), encoding: .utf8))
        privateKey = try Data(contentsOf: folder.appendingPathComponent("key.pem")).withUnsafeBytes {
            try RSAPrivateKey(pem: $0)
        }
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    var certificateFile: String { folder.appendingPathComponent("certificate.pem").path }
    var keyFile: String { folder.appendingPathComponent("key.pem").path }

    func write(_ text: String) throws -> String {
        let url = folder.appendingPathComponent("\(UUID().uuidString).xml")
        try Data(text.utf8).write(to: url)
        return url.path
    }

    /// The CPIX of others: see Tests/CPIX/cpix.py.
    func python(_ verb: String, _ document: String, _ arguments: String...) throws -> String {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let python = tests.deletingLastPathComponent().appendingPathComponent(".tools/venv/bin/python").path
        let script = tests.appendingPathComponent("CPIX/cpix.py").path
        let output = try Tool.run([python, script, verb, try write(document)] + arguments).standardOutput
        return String(decoding: output, as: UTF8.self)
    }
}

func received(_ text: String) throws -> CPIX.Received {
    try Array(text.utf8).withUnsafeBytes { try CPIX.read($0) }
}

func keyID(_ text: String) throws -> KeyID { try #require(KeyID(text)) }

extension CPIX {
    /// Keys in hexadecimal digits by KID.
    var clear: [String: String] {
        Dictionary(
            uniqueKeysWithValues: keys.compactMap { key in
                guard case .clear(let value) = key.value else { return nil }
                return (key.keyID.description, value.withUnsafeBytes { $0.map { String(format: "%02x", $0) }.joined() })
            })
    }
}

/// A document with everything in it.
func sample() throws -> CPIX {
    var document = CPIX()
    document.contentID = "film <42> & \"more\""
    document.version = "2.3"
    let (first, second) = (
        try keyID("9eb4050d-e44b-4802-932e-27d75083e266"), try keyID("80399bf5-8a21-4014-8053-e27e748e98c0")
    )
    var video = CPIX.Key(first, scheme: "cenc", value: .clear(ZeroedBytes.random(count: 16)))
    video.explicitIV = Array(0..<16)
    document.keys = [video, CPIX.Key(second, scheme: "cenc", value: .clear(ZeroedBytes.random(count: 16)))]
    var system = CPIX.System(systemID: "1077efec-c0b2-4d02-ace3-3c1e52e2fb4b", keyID: first)
    system.pssh = [1, 2, 3]
    system.contentProtection = Array("<pssh/>".utf8)
    system.signalling = [CPIX.Signalling(playlist: "media", data: [4]), .init(playlist: "multiVariant", data: [5])]
    document.systems = [system]
    var period = CPIX.Period(id: "p1")
    period.index = 7
    document.periods = [period]
    var rule = CPIX.UsageRule(keyID: first)
    rule.set(.videoHD)
    rule.periods = ["p1"]
    var audio = CPIX.UsageRule(keyID: second)
    audio.set(.audio)
    document.usageRules = [rule, audio]
    return document
}
