public import ContentKeys
public import Foundation
public import Policies

/// What an operator says of a new key.
public struct KeyProperties: Sendable, Hashable {
    /// Nil chooses one.
    public var keyID: KeyID?
    public var name: String?
    public var authorizationPolicy: String?
    public var label: KeyLabel?
    public var notBefore: Date?
    public var notAfter: Date?

    public init(
        keyID: KeyID? = nil, name: String? = nil, authorizationPolicy: String? = nil, label: KeyLabel? = nil,
        notBefore: Date? = nil, notAfter: Date? = nil
    ) {
        self.keyID = keyID
        self.name = name
        self.authorizationPolicy = authorizationPolicy
        self.label = label
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// - Throws: `KeyOperationError` when what is said does not fit together.
    func validate() throws {
        if let keyID, keyID.bytes.allSatisfy({ $0 == 0 }) {
            throw KeyOperationError(.invalid, "a KID of zeros means 'no key' to players: choose another one")
        }
        if let name { try Self.validate(name: name, of: "key") }
        if let notBefore, let notAfter, notBefore >= notAfter {
            throw KeyOperationError(.invalid, "the key would be valid for no time: it ends before it begins")
        }
    }

    /// A name that documents and URLs can carry, and that cannot be taken for a KID.
    static func validate(name: String, of what: String) throws {
        let allowed = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || [0x2D, 0x2E, 0x5F].contains($0)
        }
        guard allowed, (1...128).contains(name.utf8.count), name.utf8.first != 0x2E else {
            throw KeyOperationError(
                .invalid,
                "'\(name)' names no \(what): 1 to 128 of letters, digits, '.', '_' and '-', not starting with '.'")
        }
        guard KeyID(name) == nil else {
            throw KeyOperationError(.invalid, "'\(name)' reads as a KID: choose another name")
        }
    }
}
