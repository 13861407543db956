import ContentKeys
public import Foundation
import Glibc

/// Takes a content key from outside under its key id.
public struct ImportKey: OperatorVerb {
    public var keyId: String
    /// `common`, `common-cbcs` or `envelope`.
    public var type: String
    /// `hex:…` or `base64:…`.
    public var value: String
    /// The PlayReady checksum that the key must have, in base64.
    public var checksum: String?
    public var name: String?
    public var authorizationPolicy: String?
    public var label: String?
    public var notBefore: Date?
    public var notAfter: Date?

    public init(
        keyId: String, type: String, value: String, checksum: String?, name: String?, authorizationPolicy: String?,
        label: String?, notBefore: Date?, notAfter: Date?
    ) {
        self.keyId = keyId
        self.type = type
        self.value = value
        self.checksum = checksum
        self.name = name
        self.authorizationPolicy = authorizationPolicy
        self.label = label
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    public func run(in context: OperatorContext) async throws -> KeyReport {
        let keyID = try KeyWords.keyID(keyId)
        let type = try KeyWords.type(type)
        let expected = try checksum.map { text in
            guard let value = KeyChecksum(base64: text) else {
                throw OperatorError(.invalid, "the checksum is 8 bytes in base64, as KpOvXRLUXfs=")
            }
            return value
        }
        let properties = try KeyWords.properties(
            keyId: keyId, name: name, authorizationPolicy: authorizationPolicy, label: label, notBefore: notBefore,
            notAfter: notAfter)
        let key = try SecretValue.withBytes(of: value) { bytes in
            guard let key = ContentKey(type, copying: bytes) else {
                throw OperatorError(
                    .invalid, "a key of type \(type.rawValue) has \(type.keyLength) bytes, not \(bytes.count)")
            }
            return key
        }
        return try await context.keyOperations().import(
            key, keyID: keyID, checksum: expected, properties, at: context.now())
    }
}

extension SecretValue {
    /// Gives a value's bytes for the time of a call, and zeroes them after.
    static func withBytes<Result>(of text: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        var bytes = try SecretValue(Array(text.utf8)).bytes
        defer {
            bytes.withUnsafeMutableBytes { buffer in
                if let base = buffer.baseAddress { explicit_bzero(base, buffer.count) }
            }
        }
        return try bytes.withUnsafeBytes(body)
    }
}
