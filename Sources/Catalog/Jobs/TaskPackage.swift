/// What a task of kind `package` writes, and where: to a folder or below a SAS URL.
public struct TaskPackage: Sendable, Hashable, Codable {
    /// As in URLs.
    public enum Format: String, Sendable, Hashable, Codable, CaseIterable {
        case hlsCMAF = "m3u8-cmaf"
        case hlsTransportStream = "m3u8-aapl"
        case hlsTransportStreamMuxed = "m3u8-aapl-v3"
        case dashCMAF = "mpd-time-cmaf"
        case dashCSF = "mpd-time-csf"
    }

    /// As in URLs.
    public enum Encryption: String, Sendable, Hashable, Codable, CaseIterable {
        case envelope = "cbc"
        case cenc
        case cbcs = "cbcs-aapl"
    }

    /// Absolute; the package lies in `NAME/vNUMBER` of it.
    public var folder: String?
    /// The secret that holds a SAS URL, by name; the package's files are put below it as `NAME/vNUMBER/…`.
    public var sas: String?
    /// Nil for the usual ones, as far as the delivery policies let them out.
    public var formats: [Format]?
    /// Nil where the policies decide.
    public var encryption: Encryption?
    /// Where manifests send players for keys; nil for what is configured.
    public var keysURL: String?

    public init(
        folder: String? = nil, sas: String? = nil, formats: [Format]? = nil, encryption: Encryption? = nil,
        keysURL: String? = nil
    ) {
        self.folder = folder
        self.sas = sas
        self.formats = formats
        self.encryption = encryption
        self.keysURL = keysURL
    }

    /// The folder without needless slashes, or the secret's name: what no other package of the same version may have.
    var place: String {
        folder.map { "/" + $0.split(separator: "/").filter { $0 != "." }.joined(separator: "/") } ?? "sas:"
            + (sas ?? "")
    }

    /// Where the package of a version lies, below the folder or the SAS URL.
    public static func place(asset: String, version: Int) -> String { "\(asset)/v\(version)" }
}
