import Foundation

/// The `openssl` program: makes keys and signs with code that is not ours.
package enum OpenSSLTool {
    package struct Failure: Error {
        package var arguments: [String]
        package var status: Int32
    }

    /// Runs the program on an input and gives its standard output.
    package static func run(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        let (standardInput, standardOutput) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = FileHandle.nullDevice
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input))
        try standardInput.fileHandleForWriting.close()
        let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(arguments: arguments, status: process.terminationStatus)
        }
        return Array(output)
    }

    /// A new private key in PEM: `RSA:2048`, `EC:P-256`, `ED25519`, …
    package static func privateKey(_ kind: String) throws -> String {
        let parts = kind.split(separator: ":").map(String.init)
        guard parts.count > 1 else {
            return String(decoding: try run(["genpkey", "-algorithm", kind]), as: UTF8.self)
        }
        let option = parts[0] == "RSA" ? "rsa_keygen_bits" : "ec_paramgen_curve"
        let option2 = parts.count > 2 ? ["-pkeyopt", "ec_param_enc:\(parts[2])"] : []
        let pem = try run(["genpkey", "-algorithm", parts[0], "-pkeyopt", "\(option):\(parts[1])"] + option2)
        return String(decoding: pem, as: UTF8.self)
    }

    package static func publicKey(of privateKey: String) throws -> String {
        String(decoding: try run(["pkey", "-pubout"], input: Array(privateKey.utf8)), as: UTF8.self)
    }

    /// A signature over a digest, as the program writes it: raw for RSA, DER for EC. Without a digest: Ed25519.
    package static func sign(
        _ message: [UInt8], with privateKey: String, digest: String? = "sha256", options: [String] = []
    ) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appending(path: "keyway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "key.pem")
        try Data(privateKey.utf8).write(to: file)
        let key = file.path(percentEncoded: false)
        if let digest { return try run(["dgst", "-\(digest)", "-sign", key] + options, input: message) }
        let text = folder.appending(path: "message")
        try Data(message).write(to: text)
        return try run(["pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", text.path(percentEncoded: false)])
    }

    /// r ‖ s, each as long as a number of the curve, from the DER that the program writes.
    package static func rawSignature(fromDER der: [UInt8], numberSize: Int) throws -> [UInt8] {
        // A P-521 signature is longer than 127 bytes: its length takes two.
        var position = der[1] < 0x80 ? 2 : 3
        var raw: [UInt8] = []
        for _ in 0..<2 {
            guard der[position] == 0x02 else { throw Failure(arguments: ["DER"], status: 1) }
            let end = position + 2 + Int(der[position + 1])
            let digits = der[(position + 2)..<end].drop { $0 == 0 }
            raw += [UInt8](repeating: 0, count: numberSize - digits.count) + digits
            position = end
        }
        return raw
    }
}

/// Keys of this run: made once, never kept.
package struct KeyPair: Sendable {
    package let privateKey: String
    package let publicKey: String

    package init(_ kind: String) throws {
        privateKey = try OpenSSLTool.privateKey(kind)
        publicKey = try OpenSSLTool.publicKey(of: privateKey)
    }

    package static let rsa = Result { try KeyPair("RSA:2048") }
    package static let ec = Result { try KeyPair("EC:P-256") }
    package static let otherRSA = Result { try KeyPair("RSA:2048") }
    package static let p384 = Result { try KeyPair("EC:P-384") }
    package static let p521 = Result { try KeyPair("EC:P-521") }
    package static let ed25519 = Result { try KeyPair("ED25519") }
    package static let otherEC = Result { try KeyPair("EC:P-256") }
}
