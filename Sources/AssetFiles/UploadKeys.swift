public import Catalog
public import ContentKeys
import Crypto
import Cryptography
public import Foundation

/// The key pair of an installation that senders encrypt the keys of their files to: X25519. The private half is a named secret,
/// wrapped under the KEK as every secret is; when it is deleted another pair is made.
public struct UploadKeys: Sendable {
    /// The named secret.
    public static let secretName = "keyway.upload-key"

    private let wrap: @Sendable (_ key: ContentKey, _ keyID: KeyID, _ now: Date) async throws -> ContentKeyRecord
    private let prepare: @Sendable () async throws -> Void
    private let withSecret: @Sendable (_ body: (UnsafeRawBufferPointer) -> Void) async throws -> Bool

    /// - Parameters:
    ///   - wrap: wraps the key of a file under the KEK.
    ///   - prepare: makes the secret when there is none: 32 random bytes.
    ///   - withSecret: gives the secret's bytes for the time of a call; false when there is none. Throws when there is one that
    ///     cannot be unwrapped now.
    public init(
        wrap: @escaping @Sendable (_ key: ContentKey, _ keyID: KeyID, _ now: Date) async throws -> ContentKeyRecord,
        prepare: @escaping @Sendable () async throws -> Void,
        withSecret: @escaping @Sendable (_ body: (UnsafeRawBufferPointer) -> Void) async throws -> Bool
    ) {
        self.wrap = wrap
        self.prepare = prepare
        self.withSecret = withSecret
    }

    /// The public half, made when there is none.
    ///
    /// - Throws: `AssetFileError` with `damaged` when the secret is no key.
    public func publicKey() async throws -> [UInt8] {
        try await prepare()
        var found: [UInt8]?
        let isThere = try await withSecret { bytes in
            found = (try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)).map {
                Array($0.publicKey.rawRepresentation)
            }
        }
        // Deleted since it was made.
        guard isThere else {
            throw AssetFileError(.busy, "the secret '\(Self.secretName)' was just deleted: try again")
        }
        guard let found else { throw Self.isNoKey }
        return found
    }

    private static let isNoKey = AssetFileError(
        .damaged, "the secret '\(secretName)' has not 32 bytes: delete it, and another one is made")

    /// Of a public key, for people to compare: SHA-256 in hexadecimal digits.
    public static func fingerprint(of publicKey: [UInt8]) -> String {
        Array(Crypto.SHA256.hash(data: publicKey)).hexDigits
    }

    /// The key of a file that its sender encrypted.
    struct TakenOver {
        /// Not stored yet.
        var record: ContentKeyRecord
        /// To be remembered when it is.
        var use: SealedKeyUse
    }

    /// Takes over the key of a file: from now on it is wrapped under the KEK.
    ///
    /// - Throws: `AssetFileError` with `malformed` for a key that does not open, `damaged` when the secret is no key.
    func takeOver(_ sealed: [UInt8], of upload: SealedUpload, at now: Date) async throws -> TakenOver {
        var opened: ContentKey?
        var isKey = true
        let isThere = try await withSecret { bytes in
            isKey = bytes.count == SealedUpload.publicKeyLength
            opened = upload.open(sealed, with: bytes)
        }
        guard isKey else { throw Self.isNoKey }
        guard isThere, let opened else {
            throw AssetFileError(
                .malformed,
                "the key of file '\(upload.name.prefix(128))' does not open: "
                    + (isThere
                        ? "it was encrypted to another key than this server's, or for another asset, name, length or content"
                        : "the server's key that it was encrypted to was deleted"))
        }
        let use = SealedKeyUse(
            digest: Array(Crypto.SHA256.hash(data: sealed.prefix(SealedUpload.publicKeyLength))), time: now)
        return TakenOver(record: try await wrap(opened, .random(), now), use: use)
    }
}
