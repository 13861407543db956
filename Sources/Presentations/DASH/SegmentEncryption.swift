import Markup

/// DASH segment encryption (ISO/IEC 23009-4): AES-128-CBC over whole segments, keys fetched over HTTP.
enum SegmentEncryption {
    static let schema = "urn:mpeg:dash:schema:sea:2012"

    /// A crypto period for each segment, since each has an IV of its own (5.1.5).
    static func element(_ protection: EnvelopeProtection, of track: PresentedTrack) -> XMLElement {
        var element = XMLElement("ContentProtection")
        element.set("schemeIdUri", "urn:mpeg:dash:sea:2012")
        var encryption = XMLElement("sea:SegmentEncryption")
        encryption.set("schemeIdUri", "urn:mpeg:dash:sea:aes128-cbc:2013")
        element.append(encryption)
        var system = XMLElement("sea:KeySystem")
        system.set("keySystemUri", "urn:mpeg:dash:sea:keysys:http:2013")
        element.append(system)
        for (number, vector) in protection.vectors.enumerated() {
            // What no period covers is clear (5.1.4).
            guard case .envelope(let own) = track.protection(ofSegment: number) else { continue }
            var period = XMLElement("sea:CryptoPeriod")
            period.set("startOffset", number)
            period.set("numSegments", 1)
            period.set("IV", "0x" + vector.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
            period.set("keyUriTemplate", template(own.keyURL))
            element.append(period)
        }
        return element
    }

    private static func template(_ url: String) -> String {
        url.urlReference.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
    }
}
