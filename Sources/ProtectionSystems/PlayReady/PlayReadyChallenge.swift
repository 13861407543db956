public import ContentKeys

/// What a PlayReady licence challenge says of the keys it is for: the SOAP message of `AcquireLicense`, in which the
/// client repeats the WRMHEADER of the content. Only that and the player's own data are read; the signature is the licence
/// server's to check.
public struct PlayReadyChallenge: Sendable {
    /// The KIDs that the challenge names; at least one.
    public let keyIDs: [KeyID]
    /// The token in the player's data, as Azure Media Services took it of players that can set no header; nil where there is
    /// none. Data of another form are the licence server's affair.
    public let token: String?

    /// The namespace of the data that a token lies in: `<CustomData xmlns="…"><Token>…</Token></CustomData>`.
    private static let tokenNamespace =
        "http://schemas.microsoft.com/Azure/MediaServices/KeyDelivery/PlayReadyCustomData/v1"

    /// - Throws: for anything that is not a challenge, and for one with several headers.
    public init(parsing bytes: [UInt8]) throws(ProtectionSystemError) {
        guard bytes.count <= SystemHeader.maximumSize else {
            throw ProtectionSystemError(.playReadyChallenge, "more than 64 KiB")
        }
        let elements = try MarkupReader.elements(of: bytes.withoutByteOrderMark, .playReadyChallenge)
        let headers = elements.filter { $0.name == "WRMHEADER" }
        guard headers.count == 1, let header = headers.first else {
            throw ProtectionSystemError(.playReadyChallenge, "it has not one WRMHEADER")
        }
        let around = header.path
        guard Array(around.suffix(2)) == ["LA", "ContentHeader"], around.first == "Envelope" else {
            throw ProtectionSystemError(.playReadyChallenge, "the WRMHEADER is not where a licence is asked for")
        }
        keyIDs = try PlayReadyHeader(elements, within: around).keys.map(\.keyID)
        token = Self.token(in: elements, at: Array(around.dropLast()))
    }

    /// The player's data are text in the challenge, whatever they are by themselves.
    private static func token(in elements: [MarkupReader.Element], at place: [String]) -> String? {
        let data = elements.filter { $0.name == "CustomData" && $0.path == place }
        guard data.count == 1, let text = data.first?.text,
            let inner = try? MarkupReader.elements(of: Array(text.utf8), .playReadyChallenge),
            let root = inner.last, root.path.isEmpty, root.name == "CustomData",
            root.attributes["xmlns"] == tokenNamespace
        else { return nil }
        let tokens = inner.filter { $0.name == "Token" && $0.path == ["CustomData"] }
        guard tokens.count == 1, let token = tokens.first?.text.trimmed, !token.isEmpty else { return nil }
        return token
    }
}

extension String {
    /// Without the white space that XML has around it.
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension [UInt8] {
    fileprivate var withoutByteOrderMark: [UInt8] {
        starts(with: [0xEF, 0xBB, 0xBF]) ? Array(dropFirst(3)) : self
    }
}
