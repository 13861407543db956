public import ContentKeys
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
        let type = try KeyWords.type(type)
        var checks = FieldChecks()
        let keyID = try checks.value("/keyId") { try KeyWords.keyID(keyId) }
        let properties = try checks.value("/label") {
            try KeyWords.properties(
                keyId: nil, name: name, authorizationPolicy: authorizationPolicy, label: label, notBefore: notBefore,
                notAfter: notAfter)
        }
        let expected = try checks.value("/checksum") { try checksum.map(Self.expected) }
        let key = try checks.value("/value") {
            try SecretValue.withBytes(of: value) { try Self.key(type, copying: $0) }
        }
        try await checks.notePolicy(authorizationPolicy, in: context.catalog)
        try checks.end()
        guard let keyID, let properties, let expected, let key else {
            throw OperatorError(.invalid, "the key cannot be read")
        }
        return try await context.keyOperations().import(
            key, keyID: keyID, checksum: expected, properties, at: context.now())
    }

    private static func expected(_ text: String) throws -> KeyChecksum {
        guard let value = KeyChecksum(base64: text) else {
            throw OperatorError(.invalid, "the checksum is 8 bytes in base64, as KpOvXRLUXfs=")
        }
        return value
    }

    /// - Throws: `OperatorError` for bytes of another length, which does not show them.
    public static func key(_ type: ContentKeyType, copying bytes: UnsafeRawBufferPointer) throws -> ContentKey {
        guard let key = ContentKey(type, copying: bytes) else {
            throw OperatorError(
                .invalid, "a key of type \(type.rawValue) has \(type.keyLength) bytes, not \(bytes.count)")
        }
        return key
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
