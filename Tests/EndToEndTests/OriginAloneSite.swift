import Foundation
import TestSupport
import Testing

/// A key service, and an origin that runs alone beside it on the same data folder, with certificates of a private authority.
final class OriginAloneSite: Sendable {
    let data: DataFolder
    /// Authority, the key service's certificate, and two for origins: `edge` is enrolled, `other` is not.
    let certificates: Folder
    /// `/{locator}/film.ism` under HLS AES-128, CMAF cbcs and DASH cenc.
    let protected: String
    let clear: String
    let token: String
    /// What players reach the keys by, in all manifests.
    static let keysURL = "https://keys.example"

    init() throws {
        data = try DataFolder()
        certificates = try Folder()
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5b", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        let open = try data.folder.write(
            "clear.yaml", Data("kind: DeliveryPolicy\nname: clear\nprotocols: [hls, dash]\nencryption: none\n".utf8))
        try data.must("apply", open)
        for asset in ["film", "other"] {
            try data.must("encode", Programs.clip(), "--asset", asset, "--poster", "best")
        }
        let published = try data.must(
            "publish", "film", "--auth", "demo-viewers", "--delivery", "hls-aes", "--delivery", "hls-cbcs",
            "--delivery", "dash-cenc", "--json"
        ).json()
        protected = "/\(published["locator"] as? String ?? "")/film.ism"
        let unprotected = try data.must("publish", "other", "--delivery", "clear", "--json").json()
        clear = "/\(unprotected["locator"] as? String ?? "")/other.ism"
        token = try data.must("token", "issue", "--policy", "demo-viewers", "--lifetime", "1h").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try makeCertificates()
        try data.must("origin", "create", "edge-1", "--certificate", certificate("edge"))
    }

    func certificate(_ name: String) -> String { "\(certificates.path)/\(name).pem" }
    func key(_ name: String) -> String { "\(certificates.path)/\(name).key" }

    private func makeCertificates() throws {
        func openssl(_ arguments: String...) throws {
            _ = try Tool.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] + arguments)
        }
        try openssl(
            "-nodes", "-days", "2", "-subj", "/CN=authority", "-out", certificate("authority"), "-keyout",
            key("authority"))
        for (name, extra) in [("keys", "subjectAltName=IP:127.0.0.1"), ("edge", ""), ("other", "")] {
            let names = extra.isEmpty ? [] : ["-addext", extra]
            _ = try Tool.run(
                [
                    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days",
                    "2", "-subj", "/CN=\(name)", "-addext", "basicConstraints=critical,CA:FALSE",
                ] + names + [
                    "-CA", certificate("authority"), "-CAkey", key("authority"), "-out", certificate(name), "-keyout",
                    key(name),
                ])
        }
    }

    /// `keyway-keys`, with its listener for origins on a port.
    func keyService(port: Int) throws -> RunningServer {
        try RunningServer(
            data,
            environment: [
                "KEYWAY_LISTEN_KEYS": "127.0.0.1:0", "KEYWAY_LISTEN_ORIGINS": "127.0.0.1:\(port)",
                "KEYWAY_TLS_ORIGINS_CERTIFICATE": certificate("keys"), "KEYWAY_TLS_ORIGINS_KEY": key("keys"),
                "KEYWAY_TLS_ORIGINS_CLIENT_AUTHORITIES": certificate("authority"),
            ], command: ["keyway-keys"])
    }

    func originEnvironment(port: Int, certificate name: String = "edge") -> [String: String] {
        [
            "KEYWAY_KEYS_URL": Self.keysURL, "KEYWAY_KEY_SERVICE_URL": "https://127.0.0.1:\(port)",
            "KEYWAY_KEY_SERVICE_CA_FILE": certificate("authority"),
            "KEYWAY_KEY_SERVICE_CERTIFICATE": certificate(name), "KEYWAY_KEY_SERVICE_KEY": key(name),
        ]
    }

    func origin(port: Int, _ environment: [String: String] = [:]) throws -> RunningServer {
        try RunningServer(
            data, environment: originEnvironment(port: port).merging(environment) { $1 }, command: ["keyway-origin"])
    }

    /// A port that nobody listens on just now.
    static func freePort() throws -> Int {
        let script = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
        let outcome = try run(Programs.outside("python3"), ["-c", script])
        return try #require(Int(outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// Asks the listener for origins as an origin would, with curl.
    func ask(_ port: Int, as name: String, _ path: String, _ body: String) throws -> Answer {
        try curl(
            "https://127.0.0.1:\(port)\(path)", "--cacert", certificate("authority"), "--cert", certificate(name),
            "--key", key(name), "-H", "Content-Type: application/json", "-d", body)
    }
}
