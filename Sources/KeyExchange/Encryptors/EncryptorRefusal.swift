public import Policies

/// Why an encryptor's request was not answered. Nothing of it was answered then.
public enum EncryptorRefusal: Error, Sendable, Hashable {
    /// The document asks for something that cannot be given.
    case invalid(String)
    /// Protection systems that are not known, and those that are.
    case systemsUnknown([String])
    /// The decision on the first key that was denied.
    case denied(String, EncryptorDecision.Denial)
}
