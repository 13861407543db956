import Markup

/// DASH segment encryption (ISO/IEC 23009-4): AES-128-CBC over whole segments, keys fetched over HTTP.
enum SegmentEncryption {
    static let schema = "urn:mpeg:dash:schema:sea:2012"

    /// A crypto period for each segment, since each has an IV of its own (5.1.5).
    static func element(_ protection: EnvelopeProtection) -> XMLElement {
        var element = XMLElement("ContentProtection")
        element.set("schemeIdUri", "urn:mpeg:dash:sea:2012")
        var encryption = XMLElement("sea:SegmentEncryption")
        encryption.set("schemeIdUri", "urn:mpeg:dash:sea:aes128-cbc:2013")
        element.append(encryption)
        var system = XMLElement("sea:KeySystem")
        system.set("keySystemUri", "urn:mpeg:dash:sea:keysys:http:2013")
        element.append(system)
        let url = protection.keyURL.urlReference.split(separator: "$", omittingEmptySubsequences: false)
            .joined(separator: "$$")
        for (number, vector) in protection.vectors.enumerated() {
            var period = XMLElement("sea:CryptoPeriod")
            period.set("startOffset", number)
            period.set("numSegments", 1)
            period.set("IV", "0x" + vector.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
            period.set("keyUriTemplate", url)
            element.append(period)
        }
        return element
    }
}
