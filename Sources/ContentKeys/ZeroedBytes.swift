import Glibc

/// Bytes of any number that are zeroed on release: key material on its way between formats. It is not locked against
/// swapping as `LockedBytes` is, so it is for short times.
///
/// `@unchecked Sendable`: the memory is written in the initialisers only, and belongs to this object alone.
public final class ZeroedBytes: @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer
    private let capacity: Int
    public let count: Int

    /// Copies bytes. The caller zeroes its own copy.
    public init(copying bytes: UnsafeRawBufferPointer) {
        capacity = bytes.count
        count = bytes.count
        memory = Self.allocate(bytes.count)
        if let base = bytes.baseAddress { memory.copyMemory(from: base, byteCount: bytes.count) }
    }

    /// Lets a function write at most so many bytes; it says how many it wrote.
    public init<Failure: Error>(
        capacity: Int, writing body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        let capacity = max(capacity, 0)
        let memory = Self.allocate(capacity)
        do throws(Failure) {
            let written = try body(UnsafeMutableRawBufferPointer(start: memory, count: capacity))
            count = min(max(written, 0), capacity)
        } catch {
            Self.release(memory, capacity)
            throw error
        }
        self.memory = memory
        self.capacity = capacity
    }

    /// Bytes from the system's random generator.
    public static func random(count: Int) -> ZeroedBytes {
        var generator = SystemRandomNumberGenerator()
        return ZeroedBytes(capacity: count) { bytes in
            for position in bytes.indices { bytes[position] = UInt8.random(in: .min ... .max, using: &generator) }
            return bytes.count
        }
    }

    deinit {
        Self.release(memory, capacity)
    }

    /// The bytes, for the time of the call.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    private static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: count)
        return memory
    }

    private static func release(_ memory: UnsafeMutableRawPointer, _ count: Int) {
        explicit_bzero(memory, count)
        memory.deallocate()
    }
}

extension ZeroedBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "ZeroedBytes(\(count), redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
