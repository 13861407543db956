public import ContentKeys

/// The URI of a FairPlay key in `EXT-X-KEY`: the address of the licence service with the scheme `skd`, which players hand
/// to the app unread, and which apps turn back into `https`.
public enum FairPlayKeyURI {
    /// - Parameter licenceURL: absolute, without a query.
    public static func text(licenceURL: String, keyID: KeyID) -> String {
        let address = licenceURL.split(separator: "://", maxSplits: 1).last.map(String.init) ?? licenceURL
        return "skd://\(address)?kid=\(keyID)"
    }

    /// The KID of a URI that `text` made; nil for any other.
    public static func keyID(of text: String) -> KeyID? {
        guard text.utf8.count <= 4096, text.hasPrefix("skd://") else { return nil }
        let parts = text.split(separator: "?", maxSplits: 1)
        guard parts.count == 2, parts[1].hasPrefix("kid=") else { return nil }
        return KeyID(String(parts[1].dropFirst(4)))
    }
}
