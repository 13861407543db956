public import ContentKeys

/// A WRMHEADER: the XML in which PlayReady finds its KIDs (PlayReady Header Specification, section 3).
public struct PlayReadyHeader: Sendable, Hashable {
    /// The most KIDs in a header.
    public static let maximumKeys = 64
    static let namespace = "http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader"

    public enum Version: String, Sendable, Hashable, CaseIterable {
        /// One key, as an element; every client reads it.
        case one = "4.0.0.0"
        /// One key, as attributes.
        case attributes = "4.1.0.0"
        /// Several keys under AES-CTR.
        case several = "4.2.0.0"
        /// AES-CBC also, which is `cbcs`.
        case chained = "4.3.0.0"
    }

    public enum Algorithm: String, Sendable, Hashable, CaseIterable {
        /// AES in counter mode: `cenc`.
        case counter = "AESCTR"
        /// AES with block chaining: `cbcs`.
        case chain = "AESCBC"
    }

    /// A key that the header names.
    public struct Key: Sendable, Hashable {
        public var keyID: KeyID
        /// Shows a client that a key is the right one; for AES-CTR only (section 3.4).
        public var checksum: KeyChecksum?

        public init(_ keyID: KeyID, checksum: KeyChecksum? = nil) {
            self.keyID = keyID
            self.checksum = checksum
        }
    }

    public let version: Version
    public let algorithm: Algorithm
    public let keys: [Key]
    /// Where licences are asked for (`LA_URL`).
    public let licenceURL: String?

    /// A header of the oldest version that can say it, since every client reads what its elders read.
    ///
    /// - Throws: without keys and with more than 64.
    public init(
        keys: [Key], algorithm: Algorithm, licenceURL: String? = nil
    ) throws(ProtectionSystemError) {
        let version: Version = algorithm == .chain ? .chained : keys.count == 1 ? .one : .several
        try self.init(version, keys: keys, algorithm: algorithm, licenceURL: licenceURL)
    }

    /// A header of a version of one's choice.
    ///
    /// - Throws: also when the version cannot say it.
    public init(
        _ version: Version, keys: [Key], algorithm: Algorithm, licenceURL: String? = nil
    ) throws(ProtectionSystemError) {
        guard (1...Self.maximumKeys).contains(keys.count) else {
            throw ProtectionSystemError(.playReadyHeader, "it needs 1 to \(Self.maximumKeys) keys")
        }
        guard keys.count == 1 || version == .several || version == .chained else {
            throw ProtectionSystemError(.playReadyHeader, "version \(version.rawValue) has one key")
        }
        guard algorithm == .counter || version == .chained else {
            throw ProtectionSystemError(.playReadyHeader, "version \(version.rawValue) has no AESCBC")
        }
        self.version = version
        self.algorithm = algorithm
        self.keys = algorithm == .counter ? keys : keys.map { Key($0.keyID) }
        self.licenceURL = licenceURL
    }

    /// The XML, with attributes in the order of the alphabet and every element closed by a tag of its own, as the
    /// specification's section on syntax wants it.
    public var xml: String {
        let address = licenceURL.map { "<LA_URL>\($0.escapedForXML)</LA_URL>" } ?? ""
        return "<WRMHEADER xmlns=\"\(Self.namespace)\" version=\"\(version.rawValue)\"><DATA>\(protection)\(address)"
            + "</DATA></WRMHEADER>"
    }

    private var protection: String {
        switch version {
        case .one:
            keys.map { key in
                let checksum = key.checksum.map { "<CHECKSUM>\($0.base64)</CHECKSUM>" } ?? ""
                return "<PROTECTINFO><KEYLEN>16</KEYLEN><ALGID>\(algorithm.rawValue)</ALGID></PROTECTINFO>"
                    + "<KID>\(key.keyID.playReadyText)</KID>\(checksum)"
            }.joined()
        case .attributes: "<PROTECTINFO>\(keys.map(element).joined())</PROTECTINFO>"
        case .several, .chained: "<PROTECTINFO><KIDS>\(keys.map(element).joined())</KIDS></PROTECTINFO>"
        }
    }

    private func element(of key: Key) -> String {
        let checksum = key.checksum.map { " CHECKSUM=\"\($0.base64)\"" } ?? ""
        return "<KID ALGID=\"\(algorithm.rawValue)\"\(checksum) VALUE=\"\(key.keyID.playReadyText)\"></KID>"
    }
}

extension String {
    fileprivate var escapedForXML: String {
        var output = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case _ where scalar.value < 0x20: output += " "
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}
