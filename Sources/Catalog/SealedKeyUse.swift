public import Foundation

/// That the key of a file which its sender encrypted was taken over. It stays when the file goes: who kept what went over the wire
/// cannot bring the file back with it.
public struct SealedKeyUse: Sendable, Hashable {
    /// SHA-256 of what HPKE encapsulated: fresh bytes each time that a key is sealed.
    public var digest: [UInt8]
    public var time: Date

    public init(digest: [UInt8], time: Date) {
        self.digest = digest
        self.time = time
    }
}
