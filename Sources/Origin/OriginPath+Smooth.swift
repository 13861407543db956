import Policies

/// Fragments of Smooth Streaming, in the reference's form behind the version and the encryption:
/// `v{version}/{clear|piff}/smooth/QualityLevels({bit rate})/Fragments({stream}={time})`.
extension OriginPath {
    /// What a client manifest's templates begin with.
    static func smoothFolder(_ version: Int, _ encryption: DeliveryEncryption) -> String {
        "v\(version)/\(encryption.smoothWord)/\(SegmentContainer.smooth.rawValue)"
    }

    static func printSmooth(_ reference: SmoothReference, _ time: UInt64) -> String {
        smoothFolder(reference.version, reference.encryption)
            + "/QualityLevels(\(reference.bitrate))/Fragments(\(reference.stream)=\(time))"
    }

    /// - Parameter parts: version, encryption, container, quality level and fragment.
    /// - Throws: for anything else; spellings are checked by printing the request.
    static func smoothFragment(
        _ presentation: PresentationReference, _ parts: [String]
    ) throws(OriginError) -> OriginRequest {
        let encryptions: [DeliveryEncryption] = [.none, .cenc]
        guard parts.count == 5, let version = Int(parts[0].dropFirst()), version > 0,
            let encryption = encryptions.first(where: { $0.smoothWord == parts[1] }),
            let level = argument(of: "QualityLevels", parts[3]), let bitrate = Int(level), bitrate > 0,
            let fragment = argument(of: "Fragments", parts[4]),
            let sign = fragment.lastIndex(of: "="), let time = UInt64(fragment[fragment.index(after: sign)...])
        else { throw OriginError(.resourceNotFound, "The path does not name a fragment.") }
        return .smoothFragment(
            SmoothReference(
                presentation: presentation, version: version, encryption: encryption,
                stream: String(fragment[..<sign]), bitrate: bitrate), time: time)
    }

    private static func argument(of name: String, _ text: String) -> Substring? {
        guard text.hasPrefix(name + "("), text.hasSuffix(")") else { return nil }
        return text.dropFirst(name.utf8.count + 1).dropLast()
    }
}

extension DeliveryEncryption {
    /// The word for it in URLs of Smooth Streaming, where `cenc` has the form of PIFF 1.1.
    var smoothWord: String { self == .cenc ? "piff" : urlWord }
}
