/// What Secure Packager and Encoder Key Exchange 2.0 asks of a document beyond CPIX, and 2.1, which differs by the version.
public enum SPEKE {
    /// The version of CPIX that goes with a version of SPEKE, as it stands in `X-Speke-Version`; nil for other versions.
    public static func documentVersion(of version: String) -> String? {
        switch version {
        case "2.0": "2.3"
        case "2.1": "2.4"
        default: nil
        }
    }

    /// - Parameter version: of SPEKE.
    /// - Throws: `EncryptorRefusal` that names what is missing.
    public static func check(_ document: CPIX, version: String) throws(EncryptorRefusal) {
        guard let expected = documentVersion(of: version) else {
            throw .invalid("X-Speke-Version must be 2.0 or 2.1")
        }
        guard document.contentID?.isEmpty == false else { throw .invalid("CPIX@contentId is missing") }
        guard document.version == expected else {
            throw .invalid("CPIX@version must be \(expected) with X-Speke-Version \(version)")
        }
        // Keys are given to one streamset, which has one scheme.
        guard Set(document.keys.map(\.scheme)).count == 1 else {
            throw .invalid("all keys must have the same commonEncryptionScheme")
        }
        let ruled = Set(document.usageRules.map(\.keyID))
        if let bare = document.keys.first(where: { !ruled.contains($0.keyID) }) {
            throw .invalid("key \(bare.keyID) has no ContentKeyUsageRule")
        }
        if let rule = document.usageRules.first(where: { $0.intendedTrackType?.isEmpty != false }) {
            throw .invalid("a usage rule of key \(rule.keyID) has no intendedTrackType")
        }
    }
}
