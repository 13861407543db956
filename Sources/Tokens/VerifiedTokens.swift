import BoundedMemory
import Crypto
import Policies
import Synchronization

/// Tokens that verified, by the hash of their whole text, so that a player that asks for many keys has its signature
/// checked once.
///
/// An entry holds for the very restriction that it was made under and while no secret and no published key changed since;
/// a token's times are checked anew each time. Bounded, and only what verified gets in.
final class VerifiedTokens: Sendable {
    /// SHA-256 of a token's text.
    struct Name: Hashable, Sendable {
        private let words: InlineArray<4, UInt64>

        /// Nil for a token that is too long to be kept.
        init?(_ token: String) {
            guard token.utf8.count <= VerifiedTokens.longestToken else { return nil }
            words =
                token.utf8.withContiguousStorageIfAvailable(Self.digest)
                ?? Array(token.utf8).withUnsafeBufferPointer(Self.digest)
        }

        /// With each request: the hash of OpenSSL would first have to make itself a context.
        private static func digest(_ text: UnsafeBufferPointer<UInt8>) -> InlineArray<4, UInt64> {
            SHA256.hash(data: UnsafeRawBufferPointer(text)).withUnsafeBytes { digest in
                InlineArray { digest.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
            }
        }

        static func == (left: Name, right: Name) -> Bool {
            left.words[0] == right.words[0] && left.words[1] == right.words[1] && left.words[2] == right.words[2]
                && left.words[3] == right.words[3]
        }

        /// A part of a digest says enough, and only tokens that verified get in.
        func hash(into hasher: inout Hasher) {
            hasher.combine(words[0])
        }
    }

    /// What secrets and published keys were when a signature was checked.
    struct Generation: Equatable, Sendable {
        var secrets: Int
        var keySets: Int
    }

    /// An object: it is looked at with each request.
    final class Entry: Sendable {
        let token: VerifiedToken
        let times: TokenTimes
        fileprivate let restriction: TokenRestriction
        fileprivate let generation: Generation

        init(token: VerifiedToken, times: TokenTimes, _ restriction: TokenRestriction, _ generation: Generation) {
            self.token = token
            self.times = times
            self.restriction = restriction
            self.generation = generation
        }
    }

    /// In bytes.
    private static let longestToken = 4096

    private let entries: Mutex<TwoAges<Name, Entry>>

    init(capacity: Int) {
        entries = Mutex(TwoAges(capacity: capacity))
    }

    func token(_ name: Name, under restriction: TokenRestriction, _ generation: Generation) -> Entry? {
        let entry = entries.withLock { $0.value(of: name) }
        // Restrictions out of one policy share their storage, which makes this comparison cheap.
        guard let entry, entry.generation == generation, entry.restriction == restriction else { return nil }
        return entry
    }

    func remember(_ name: Name, _ entry: Entry) {
        entries.withLock { $0.keep(entry, as: name) }
    }

    /// How many are remembered, some of them twice: see `TwoAges.count`.
    var count: Int { entries.withLock { $0.count } }
}
