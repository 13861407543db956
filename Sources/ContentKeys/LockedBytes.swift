import Glibc
import Synchronization

/// At most 32 bytes of key material, in memory that is locked against swapping where the system allows it, left out of
/// core dumps, and zeroed on release. Gives its bytes only within a scope.
///
/// `@unchecked Sendable`: the slot is written in the initialisers only, belongs to this object alone, and is given back
/// when no reference is left.
public final class LockedBytes: @unchecked Sendable {
    /// The most that one object holds, in bytes.
    public static let capacity = 32

    private let slot: UnsafeMutableRawPointer
    private let count: Int

    /// Copies bytes; nil when there are more than the capacity. The caller zeroes its own copy.
    public convenience init?(copying bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= Self.capacity else { return nil }
        self.init(count: bytes.count)
        if let base = bytes.baseAddress { slot.copyMemory(from: base, byteCount: bytes.count) }
    }

    /// Bytes from the system's random generator; as many as the capacity at most.
    public static func random(count: Int) -> LockedBytes {
        let bytes = LockedBytes(count: min(max(count, 0), capacity))
        var generator = SystemRandomNumberGenerator()
        for offset in 0..<bytes.count {
            bytes.slot.storeBytes(
                of: UInt8.random(in: .min ... .max, using: &generator), toByteOffset: offset, as: UInt8.self)
        }
        return bytes
    }

    private init(count: Int) {
        self.count = count
        slot = LockedArena.take()
    }

    deinit {
        explicit_bzero(slot, Self.capacity)
        LockedArena.giveBack(slot)
    }

    /// The bytes, for the time of the call.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: slot, count: count))
    }
}

/// Slots of 32 bytes cut from locked pages. Locking works on whole pages and a process may lock few of them
/// (`RLIMIT_MEMLOCK` is 8 MiB on most systems, 64 KiB on some): one page holds 128 keys, so thousands fit. Pages are kept
/// for the next keys once they were needed.
private enum LockedArena {
    /// Pages that are made at once.
    private static let pagesPerGrowth = 4

    /// Addresses of the free slots.
    private static let free = Mutex<[UInt]>([])

    static func take() -> UnsafeMutableRawPointer {
        let address = free.withLock { free in
            if free.isEmpty { free = grow() }
            return free.popLast()
        }
        guard let address, let slot = UnsafeMutableRawPointer(bitPattern: address) else {
            // No memory for a mapping: plain memory is the same to callers, and the allocator ends the process if it
            // has none either.
            return .allocate(byteCount: LockedBytes.capacity, alignment: 16)
        }
        return slot
    }

    /// Takes back a slot that was zeroed.
    static func giveBack(_ slot: UnsafeMutableRawPointer) {
        free.withLock { $0.append(UInt(bitPattern: slot)) }
    }

    private static func grow() -> [UInt] {
        let size = Int(getpagesize()) * pagesPerGrowth
        let mapping = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapping, mapping != MAP_FAILED else { return [] }
        // Both are best effort. A key in swap is a loss of defence in depth, not of service.
        _ = mlock(mapping, size)
        _ = madvise(mapping, size, MADV_DONTDUMP)
        let start = UInt(bitPattern: mapping)
        return stride(from: 0, to: UInt(size), by: LockedBytes.capacity).map { start + $0 }.reversed()
    }
}
