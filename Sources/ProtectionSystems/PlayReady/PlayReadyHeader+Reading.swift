import ContentKeys
import Foundation

extension PlayReadyHeader {
    /// Reads a WRMHEADER of any of the four versions. Elements that are not known, such as custom attributes, are passed
    /// over.
    ///
    /// - Throws: for what is not one, and for one that contradicts itself.
    public init(parsing xml: String) throws(ProtectionSystemError) {
        guard xml.utf8.count <= SystemHeader.maximumSize else {
            throw ProtectionSystemError(.playReadyHeader, "more than 64 KiB")
        }
        try self.init(try MarkupReader.elements(of: Array(xml.utf8), .playReadyHeader), within: [])
    }

    /// - Parameters:
    ///   - elements: of a document that has one WRMHEADER.
    ///   - path: what is around the WRMHEADER.
    init(_ elements: [MarkupReader.Element], within path: [String]) throws(ProtectionSystemError) {
        guard let root = elements.first(where: { $0.name == "WRMHEADER" && $0.path == path }),
            root.attributes["xmlns"] == Self.namespace
        else { throw ProtectionSystemError(.playReadyHeader, "there is no WRMHEADER of PlayReady's namespace") }
        guard let version = root.attributes["version"].flatMap(Version.init) else {
            throw ProtectionSystemError(.playReadyHeader, "its version is not known")
        }
        let data = path + ["WRMHEADER", "DATA"]
        let protection = data + ["PROTECTINFO"]
        let found: [(Key, Algorithm?)]
        switch version {
        case .one: found = try Self.keyOfElements(elements, data)
        case .attributes: found = try Self.keysOfAttributes(elements, protection)
        case .several, .chained: found = try Self.keysOfAttributes(elements, protection + ["KIDS"])
        }
        let algorithms = Set(found.map { $0.1 ?? .counter })
        guard let algorithm = algorithms.first, algorithms.count == 1 else {
            throw ProtectionSystemError(.playReadyHeader, "it has no KID, or KIDs of several algorithms")
        }
        let address = elements.first { $0.name == "LA_URL" && $0.path == data }?.text
        try self.init(
            version, keys: found.map(\.0), algorithm: algorithm,
            licenceURL: address.flatMap { $0.isEmpty ? nil : $0 })
    }

    private static func keyOfElements(
        _ elements: [MarkupReader.Element], _ data: [String]
    ) throws(ProtectionSystemError) -> [(Key, Algorithm?)] {
        func texts(_ name: String, _ path: [String]) -> [String] {
            elements.filter { $0.name == name && $0.path == path }.map {
                $0.text.trimmingCharacters(in: .whitespacesAndNewlines)
            }
        }
        let algorithm = try texts("ALGID", data + ["PROTECTINFO"]).first.map(Self.algorithm)
        let keyIDs = texts("KID", data)
        guard keyIDs.count == 1 else { throw ProtectionSystemError(.playReadyHeader, "it has not one KID") }
        return [(try key(keyIDs[0], texts("CHECKSUM", data).first), algorithm)]
    }

    private static func keysOfAttributes(
        _ elements: [MarkupReader.Element], _ path: [String]
    ) throws(ProtectionSystemError) -> [(Key, Algorithm?)] {
        var keys: [(Key, Algorithm?)] = []
        for element in elements where element.name == "KID" && element.path == path {
            guard let value = element.attributes["VALUE"] else {
                throw ProtectionSystemError(.playReadyHeader, "a KID has no value")
            }
            let algorithm = try element.attributes["ALGID"].map(Self.algorithm)
            keys.append((try key(value, element.attributes["CHECKSUM"]), algorithm))
        }
        return keys
    }

    private static func key(_ text: String, _ checksum: String?) throws(ProtectionSystemError) -> Key {
        guard let keyID = KeyID(playReadyText: text) else {
            throw ProtectionSystemError(.playReadyHeader, "a KID is not 16 bytes in base64")
        }
        guard let checksum, !checksum.isEmpty else { return Key(keyID) }
        guard let value = KeyChecksum(base64: checksum) else {
            throw ProtectionSystemError(.playReadyHeader, "a checksum is not 8 bytes in base64")
        }
        return Key(keyID, checksum: value)
    }

    private static func algorithm(_ text: String) throws(ProtectionSystemError) -> Algorithm {
        guard let algorithm = Algorithm(rawValue: text) else {
            throw ProtectionSystemError(.playReadyHeader, "an algorithm that is not known")
        }
        return algorithm
    }
}
