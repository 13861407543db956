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
    private let withSecret: @Sendable (_ body: (UnsafeRawBufferPointer) -> Void) throws -> Bool

    /// - Parameters:
    ///   - wrap: wraps the key of a file under the KEK.
    ///   - prepare: makes the secret when there is none: 32 random bytes.
    ///   - withSecret: gives the secret's bytes for the time of a call; false when there is none.
    public init(
        wrap: @escaping @Sendable (_ key: ContentKey, _ keyID: KeyID, _ now: Date) async throws -> ContentKeyRecord,
        prepare: @escaping @Sendable () async throws -> Void,
        withSecret: @escaping @Sendable (_ body: (UnsafeRawBufferPointer) -> Void) throws -> Bool
    ) {
        self.wrap = wrap
        self.prepare = prepare
        self.withSecret = withSecret
    }

    /// The public half, made when there is none.
    ///
    /// - Throws: `AssetFileError` with `damaged` when the secret cannot be read, or is none.
    public func publicKey() async throws -> [UInt8] {
        try await prepare()
        var found: [UInt8]?
        let isThere = try withSecret { bytes in
            found = (try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)).map {
                Array($0.publicKey.rawRepresentation)
            }
        }
        guard isThere, let found else {
            throw AssetFileError(
                .damaged,
                "the secret '\(Self.secretName)' cannot be read, or has not 32 bytes: delete it, and another one is made"
            )
        }
        return found
    }

    /// Of a public key, for people to compare: SHA-256 in hexadecimal digits.
    public static func fingerprint(of publicKey: [UInt8]) -> String {
        Array(Crypto.SHA256.hash(data: publicKey)).hexDigits
    }

    /// Takes over the key of a file: from now on it is wrapped under the KEK.
    ///
    /// - Returns: the key as a record that is not stored yet.
    /// - Throws: `AssetFileError` with `malformed` for a key that does not open.
    func takeOver(_ sealed: [UInt8], of upload: SealedUpload, at now: Date) async throws -> ContentKeyRecord {
        var opened: ContentKey?
        _ = try withSecret { opened = upload.open(sealed, with: $0) }
        guard let opened else {
            throw AssetFileError(
                .malformed,
                "the key of file '\(upload.name.prefix(128))' does not open: it was encrypted to another key than this "
                    + "server's, or for another asset, name, length or content")
        }
        return try await wrap(opened, .random(), now)
    }
}
