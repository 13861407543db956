import ContentKeys
import Cryptography

extension EncryptorService {
    /// The type of every key that a request names.
    static func types(of document: CPIX) throws -> [KeyID: ContentKeyType] {
        guard (1...mostKeys).contains(document.keys.count) else {
            throw EncryptorRefusal.invalid("a request asks for 1 to \(mostKeys) keys")
        }
        var types: [KeyID: ContentKeyType] = [:]
        for key in document.keys {
            guard case .absent = key.value else {
                throw EncryptorRefusal.invalid("key \(key.keyID) has a value already: a request has none")
            }
            guard key.dependsOn == nil else {
                throw EncryptorRefusal.invalid("key \(key.keyID) depends on another key, which is not supported")
            }
            guard key.keyID.bytes.contains(where: { $0 != 0 }) else {
                throw EncryptorRefusal.invalid("a KID of zeros means 'no key' to players: choose another one")
            }
            guard let scheme = key.scheme else {
                throw EncryptorRefusal.invalid("key \(key.keyID) has no commonEncryptionScheme: cenc or cbcs")
            }
            guard let type = ContentKeyType(commonEncryptionScheme: scheme) else {
                throw EncryptorRefusal.invalid(
                    "key \(key.keyID) is for a scheme that is not supported: cenc, cbcs and AES-128 are")
            }
            types[key.keyID] = type
        }
        return types
    }

    /// To whom the keys are to be encrypted.
    static func certificates(of document: CPIX) throws -> [Certificate] {
        guard document.deliveries.count <= 16 else { throw EncryptorRefusal.invalid("more than 16 recipients") }
        do {
            return try document.deliveries.map { delivery in
                let certificate = try Certificate(der: delivery.certificate)
                _ = try RecipientKey(certificate: certificate)
                return certificate
            }
        } catch let error as CryptographyError {
            throw EncryptorRefusal.invalid("a DeliveryKey cannot be used: \(error.operation)")
        }
    }

    /// Gives every protection system of a document what it asks for: the elements that are there, or all that are known
    /// when none is.
    func fill(_ document: inout CPIX, _ types: [KeyID: ContentKeyType]) throws {
        var unknown: Set<String> = []
        for position in document.systems.indices {
            let asked = document.systems[position]
            guard let type = types[asked.keyID],
                let data = try systems.data(of: asked.keyID, systemID: asked.systemID, type: type)
            else {
                unknown.insert(asked.systemID)
                continue
            }
            document.systems[position].fill(with: data, version: document.version)
        }
        guard unknown.isEmpty else { throw EncryptorRefusal.systemsUnknown(unknown.sorted()) }
    }
}

extension CPIX.System {
    fileprivate mutating func fill(with data: ProtectionSystemData, version: String?) {
        let asksForAll = pssh == nil && contentProtection == nil && signalling.isEmpty && smoothHeader == nil
        if asksForAll {
            let multivariant = version == "2.4" ? "multiVariant" : "master"
            signalling = [CPIX.Signalling(playlist: "media", data: []), .init(playlist: multivariant, data: [])]
        }
        pssh = asksForAll || pssh != nil ? data.pssh : nil
        contentProtection =
            asksForAll || contentProtection != nil ? data.contentProtection.map { Array($0.utf8) } : nil
        smoothHeader = asksForAll || smoothHeader != nil ? data.smoothHeader : nil
        signalling = signalling.compactMap { entry in
            let isMedia = entry.playlist == nil || entry.playlist == "media"
            let text = isMedia ? data.mediaPlaylist : data.multivariantPlaylist
            return text.map { CPIX.Signalling(playlist: entry.playlist, data: Array($0.utf8)) }
        }
    }
}
