import KeyDelivery
import KeyExchange

/// A licence server that is given the keys of a licence: the certificate that they are encrypted to.
public struct KeyRecipient: Sendable {
    private let holder: CPIX.Holder

    /// SHA-256 of the certificate's SubjectPublicKeyInfo, in hexadecimal digits.
    public var fingerprint: String { holder.fingerprint }

    /// - Parameter pem: an X.509 certificate with an RSA key of 2048 bits or more.
    /// - Throws: `KeyRecipientError`.
    public init(pem: String) throws(KeyRecipientError) {
        do throws(CPIXError) {
            holder = try CPIX.Holder(pem: pem)
            // Whether keys can be encrypted to it is said at start, not when the first viewer waits.
            _ = try CPIX().sealed(to: [holder])
        } catch {
            throw KeyRecipientError(reason: error.description)
        }
    }

    /// The keys in a CPIX document that the recipient alone can read.
    func document(_ keys: [ReleasedKey]) throws(KeyRecipientError) -> String {
        do throws(CPIXError) {
            return try CPIX(clear: keys.map { ($0.keyID, $0.key) }).sealed(to: [holder]).xml
        } catch {
            throw KeyRecipientError(reason: error.reason)
        }
    }
}

/// A certificate that keys cannot be encrypted to.
public struct KeyRecipientError: Error, Sendable, Hashable, CustomStringConvertible {
    public let reason: String

    public var description: String { reason }
}
