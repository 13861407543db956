/// The namespaces and algorithms that CPIX names.
enum CPIXNames {
    static let cpix = "urn:dashif:org:cpix"
    static let pskc = "urn:ietf:params:xml:ns:keyprov:pskc"
    static let encryption = "http://www.w3.org/2001/04/xmlenc#"
    static let signature = "http://www.w3.org/2000/09/xmldsig#"

    static let aes256CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
    static let rsaOAEP = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
    static let hmacSHA512 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512"
    static let sha1 = "http://www.w3.org/2000/09/xmldsig#sha1"
    static let sha256 = "http://www.w3.org/2001/04/xmlenc#sha256"
}
