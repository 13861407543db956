public import ContentKeys

/// What a PlayReady licence challenge says of the keys it is for: the SOAP message of `AcquireLicense`, in which the
/// client repeats the WRMHEADER of the content. Only that is read; the signature is the licence server's to check.
public enum PlayReadyChallenge {
    /// The KIDs that the challenge names; at least one.
    ///
    /// - Throws: for anything that is not a challenge, and for one with several headers.
    public static func keyIDs(in bytes: [UInt8]) throws(ProtectionSystemError) -> [KeyID] {
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
        return try PlayReadyHeader(elements, within: around).keys.map(\.keyID)
    }
}

extension [UInt8] {
    fileprivate var withoutByteOrderMark: [UInt8] {
        starts(with: [0xEF, 0xBB, 0xBF]) ? Array(dropFirst(3)) : self
    }
}
