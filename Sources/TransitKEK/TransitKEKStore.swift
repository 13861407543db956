public import ContentKeys
import Foundation
public import KeyWrapping

/// KEKs that a transit engine keeps: `kek-1.transit`, … hold their ciphertexts, and only the engine opens them. The clear
/// key comes over TLS at start and stays in locked memory.
public struct TransitKEKStore: KEKStore {
    public let kind = KEKProviderKind.transit
    public let waits = true
    let client: TransitClient
    private let folder: KEKFolder

    /// - Parameter timeout: for one question to the server.
    public init(folder: KEKFolder, configuration: TransitConfiguration, timeout: Duration = .seconds(10)) {
        self.folder = folder
        client = TransitClient(
            configuration: configuration, token: TransitToken(path: configuration.tokenFile), timeout: timeout)
    }

    public func place(of version: KEKVersion) -> String { "'\(folder.path(file(version)))'" }

    public func holds(_ version: KEKVersion) -> Bool { folder.holds(file(version)) }

    public func loadNow(_ version: KEKVersion) throws -> KEK? { nil }

    public func load(_ version: KEKVersion) async throws -> KEK {
        let ciphertext = try folder.withContents(file(version), maximum: 4096) { bytes in
            String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard TransitAnswer.isCiphertext(ciphertext) else {
            throw KEKError("\(place(of: version)) is not a transit ciphertext; restore it from its backup")
        }
        return try await decrypt(ciphertext, version)
    }

    /// Asks for a new key, of which only the ciphertext crosses the network, then asks to decrypt it before it is kept:
    /// a key that this token cannot get back is not used.
    public func create(_ version: KEKVersion) async throws -> KEK {
        let configuration = client.configuration
        let body = try await client.ask(
            .init(
                path: "\(configuration.mount)/datakey/wrapped/\(configuration.key)", body: #"{"bits":256}"#,
                purpose: "make a key-encryption key"))
        guard let ciphertext = TransitAnswer.ciphertext(body) else {
            throw KEKError("'\(configuration.address)' answered without a ciphertext; is it a transit engine?")
        }
        _ = try await decrypt(ciphertext, version)
        _ = try Array(ciphertext.utf8).withUnsafeBytes { try folder.create(file(version), $0) }
        return try await load(version)
    }

    public func retire(_ version: KEKVersion) throws -> String {
        "its ciphertext is now '\(try folder.retire(file(version)))'"
    }

    private func decrypt(_ ciphertext: String, _ version: KEKVersion) async throws -> KEK {
        let configuration = client.configuration
        var body = try await client.ask(
            .init(
                path: "\(configuration.mount)/decrypt/\(configuration.key)", body: #"{"ciphertext":"\#(ciphertext)"}"#,
                purpose: "open \(place(of: version))"))
        defer { body.zero() }
        guard var clear = TransitAnswer.plaintext(body) else {
            throw KEKError("'\(configuration.address)' answered without a plaintext; is it a transit engine?")
        }
        defer { clear.zero() }
        guard let kek = clear.withUnsafeBytes({ KEK(version: version, copying: $0) }) else {
            throw KEKError("\(place(of: version)) opens to \(clear.count) bytes and not \(KEK.length)")
        }
        return kek
    }

    private func file(_ version: KEKVersion) -> String { "kek-\(version.rawValue).transit" }
}
