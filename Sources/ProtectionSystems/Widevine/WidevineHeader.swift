public import ContentKeys

/// The data of a Widevine `pssh`: the protocol buffer message that Google calls `WidevinePsshData`, once
/// `WidevineCencHeader`. Of its fields, those that content of this service needs.
public struct WidevineHeader: Sendable, Hashable {
    /// The most KIDs that are read.
    static let maximumKeyIDs = 256

    private enum Field {
        static let keyID: UInt64 = 2
        static let contentID: UInt64 = 4
        static let protectionScheme: UInt64 = 9
        static let entitledKey: UInt64 = 13
    }

    public var keyIDs: [KeyID]
    /// Nil for content of before 2016, which is `cenc`.
    public var scheme: CommonScheme?
    /// What a licence server knows the content by; nil when it goes by KIDs.
    public var contentID: [UInt8]?

    public init(keyIDs: [KeyID], scheme: CommonScheme?, contentID: [UInt8]? = nil) {
        self.keyIDs = keyIDs
        self.scheme = scheme
        self.contentID = contentID
    }

    public func serialized() -> [UInt8] {
        var writer = ProtocolBufferWriter()
        for keyID in keyIDs { writer.field(Field.keyID, keyID.bytes) }
        if let contentID { writer.field(Field.contentID, contentID) }
        if let scheme { writer.field(Field.protectionScheme, UInt64(scheme.code)) }
        return writer.bytes
    }

    /// Reads the data; fields of no interest are passed over.
    ///
    /// - Throws: for what is not such a message, a KID that is not 16 bytes, a scheme that is not known here.
    public init(parsing bytes: [UInt8]) throws(ProtectionSystemError) {
        guard bytes.count <= SystemHeader.maximumSize else { throw ProtectionSystemError(.widevine, "above 64 KiB") }
        keyIDs = []
        var reader = ProtocolBufferReader(bytes, .widevine)
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (Field.keyID, .bytes(let bytes)): try append(bytes)
            case (Field.entitledKey, .bytes(let bytes)): try append(try Self.entitledKeyID(bytes))
            case (Field.contentID, .bytes(let bytes)): contentID = bytes
            case (Field.protectionScheme, .number(let code)):
                guard let known = CommonScheme(code: code) else {
                    throw ProtectionSystemError(.widevine, "a protection scheme that is not known")
                }
                scheme = known
            case (Field.keyID, _), (Field.entitledKey, _), (Field.contentID, _), (Field.protectionScheme, _):
                throw ProtectionSystemError(.widevine, "a field of the wrong type")
            default: continue
            }
        }
    }

    private mutating func append(_ bytes: [UInt8]) throws(ProtectionSystemError) {
        guard let keyID = KeyID(bytes: bytes) else { throw ProtectionSystemError(.widevine, "a KID is not 16 bytes") }
        guard keyIDs.count < Self.maximumKeyIDs else { throw ProtectionSystemError(.widevine, "too many KIDs") }
        if !keyIDs.contains(keyID) { keyIDs.append(keyID) }
    }

    /// The KID of an `EntitledKey`: its second field.
    private static func entitledKeyID(_ bytes: [UInt8]) throws(ProtectionSystemError) -> [UInt8] {
        var keyID: [UInt8]?
        var reader = ProtocolBufferReader(bytes, .widevine)
        while let (number, value) = try reader.next() {
            guard number == 2, case .bytes(let bytes) = value else { continue }
            guard keyID == nil else { throw ProtectionSystemError(.widevine, "an entitled key with two KIDs") }
            keyID = bytes
        }
        return keyID ?? []
    }
}
