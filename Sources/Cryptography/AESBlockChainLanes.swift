import CMultiBuffer
import Glibc
import Synchronization

/// Encrypts several chains at once, in the lanes of a wide processor: sixteen take little more time than one, which cannot be
/// made faster, since each of its blocks waits for the one before. Equal to encrypting them one after the other.
///
/// Not `Sendable`: one thread at a time.
public final class AESBlockChainLanes {
    /// A part of a chain: whole blocks, encrypted in place.
    public struct Part {
        /// Of one call's parts, no two may be of one cipher: the second would have to wait for the first.
        public var cipher: AESBlockChainCipher
        public var bytes: UnsafeMutableRawBufferPointer

        public init(_ cipher: AESBlockChainCipher, _ bytes: UnsafeMutableRawBufferPointer) {
            self.cipher = cipher
            self.bytes = bytes
        }
    }

    private let lanes: UnsafeMutableRawPointer

    /// Nil where the processor or the library that makes use of it is missing.
    public init?() {
        guard let lanes = keyway_lanes_new() else { return nil }
        self.lanes = lanes
    }

    deinit {
        keyway_lanes_free(lanes)
    }

    /// Encrypts all parts to their ends.
    ///
    /// - Throws: `CryptographyError`; nothing of the parts may be used then.
    public func encrypt(_ parts: [Part]) throws(CryptographyError) {
        var chains: [keyway_chain] = []
        chains.reserveCapacity(parts.count)
        for part in parts {
            guard part.bytes.count % AESBlockChainCipher.blockSize == 0, let schedule = part.cipher.schedule else {
                throw CryptographyError("AES-CBC partial block")
            }
            var chain = keyway_chain()
            chain.schedule = UnsafeRawPointer(schedule)
            chain.bytes = part.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            chain.count = part.bytes.count
            part.cipher.chained.copy(to: &chain)
            chains.append(chain)
        }
        guard keyway_lanes_encrypt(lanes, &chains, chains.count) == 0 else { throw CryptographyError("AES-CBC lanes") }
        for (part, chain) in zip(parts, chains) where part.bytes.count > 0 {
            part.cipher.chained = AESBlockChainVector(chain)
        }
    }

    /// Encrypts chains over one block of ten, all under one key; each chain's vector is then the next block's.
    ///
    /// - Throws: `CryptographyError`; nothing of their bytes may be used then.
    static func encryptPattern(
        _ chains: inout [keyway_chain], _ schedule: UnsafeMutableRawPointer
    ) throws(CryptographyError) {
        guard let spare = takeSpare() else { throw CryptographyError("AES-CBC lanes") }
        for position in chains.indices { chains[position].schedule = UnsafeRawPointer(schedule) }
        let result = keyway_lanes_encrypt_pattern(spare.lanes, &chains, chains.count)
        giveBack(spare)
        guard result == 0 else { throw CryptographyError("AES-CBC lanes") }
    }

    /// Lanes that no thread uses just now.
    ///
    /// `@unchecked Sendable`: whoever took them out has them alone.
    private struct Spare: @unchecked Sendable {
        let lanes: UnsafeMutableRawPointer
    }

    /// Never more than there were threads at once; kept as long as the program runs.
    private static let spares = Mutex<[Spare]>([])

    private static func takeSpare() -> Spare? {
        spares.withLock { $0.popLast() } ?? keyway_lanes_new().map(Spare.init)
    }

    private static func giveBack(_ spare: Spare) {
        spares.withLock { $0.append(spare) }
    }

    /// Expands keys only, which any thread may do.
    nonisolated(unsafe) private static let expander = keyway_lanes_new().map { UnsafeRawPointer($0) }

    /// The key schedule of 16 bytes; nil where there are no lanes.
    static func makeSchedule(_ key: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer? {
        guard let expander else { return nil }
        let schedule = UnsafeMutableRawPointer.allocate(byteCount: Int(KEYWAY_SCHEDULE_SIZE), alignment: 16)
        keyway_lanes_expand(expander, key.baseAddress, schedule)
        return schedule
    }

    static func free(_ schedule: UnsafeMutableRawPointer?) {
        guard let schedule else { return }
        explicit_bzero(schedule, Int(KEYWAY_SCHEDULE_SIZE))
        schedule.deallocate()
    }
}
