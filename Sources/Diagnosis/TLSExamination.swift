import Cryptography
import Foundation
import Glibc

/// The files of listeners' TLS, and other certificates: whether they can be used, and for how long.
struct TLSExamination {
    private static let check = "tls"
    /// In seconds: who renews, renews before.
    private static let soon: TimeInterval = 14 * 86_400
    private static let longestFile = 1 << 20

    struct Files {
        var name: String
        var certificate: String
        /// Nil for a certificate of somebody else.
        var key: String?
    }

    let files: [Files]
    let now: Date

    func run() -> [Finding] {
        files.flatMap(look)
    }

    private func look(at files: Files) -> [Finding] {
        var findings: [Finding] = []
        guard let pem = text(files.certificate), let certificate = try? Certificate(pem: pem) else {
            return [
                .error(
                    Self.check, "\(files.name): '\(files.certificate)' is not a readable certificate in PEM",
                    "put the certificate chain there, the server's own first")
            ]
        }
        if let key = files.key { findings += look(at: key, of: certificate, files) }
        guard let validity = certificate.validity else {
            return findings + [
                .error(Self.check, "\(files.name): the certificate has no readable times", "get another certificate")
            ]
        }
        let end = validity.upperBound.ISO8601Format()
        if now >= validity.upperBound || now < validity.lowerBound {
            findings.append(
                .error(
                    Self.check,
                    "\(files.name): the certificate is valid from \(validity.lowerBound.ISO8601Format()) to \(end) only",
                    "renew it; a running server takes the new files up within a second"))
        } else if validity.upperBound.timeIntervalSince(now) < Self.soon {
            findings.append(
                .warning(
                    Self.check, "\(files.name): the certificate ends at \(end)", "renew it, and see why nobody did"))
        } else if findings.isEmpty {
            findings.append(.ok(Self.check, "\(files.name): the certificate is valid until \(end)"))
        }
        return findings
    }

    private func look(at path: String, of certificate: Certificate, _ files: Files) -> [Finding] {
        var facts = stat()
        guard stat(path, &facts) == 0, let pem = text(path) else {
            return [
                .error(Self.check, "\(files.name): the key '\(path)' cannot be read", "put it there, with mode 600")
            ]
        }
        var findings: [Finding] = []
        if facts.st_mode & 0o007 != 0 {
            findings.append(
                .error(
                    Self.check, "\(files.name): the key '\(path)' may be read by everybody",
                    "chmod 600 '\(path)', and get another key"))
        }
        if !certificate.belongs(toPrivateKey: pem) {
            findings.append(
                .error(
                    Self.check, "\(files.name): the key '\(path)' is not that of '\(files.certificate)'",
                    "put the key and the certificate there that belong together"))
        }
        return findings
    }

    private func text(_ path: String) -> String? {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: Self.longestFile)
        else { return nil }
        return String(data: data, encoding: .utf8)
    }
}
