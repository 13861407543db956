public import ContentKeys

extension CPIX {
    /// A document of content keys in the clear, in order, each with its scheme; of the first version that can say them.
    public init(clear contentKeys: [(KeyID, ContentKey)]) {
        self.init()
        keys = contentKeys.map { keyID, key in
            Key(
                keyID, scheme: key.type.commonEncryptionScheme,
                value: .clear(key.withUnsafeBytes { ZeroedBytes(copying: $0) }))
        }
        // Methods of HLS are schemes from 2.4 on.
        version = contentKeys.contains { $0.1.type == .envelope } ? "2.4" : Self.writtenVersion
    }
}
