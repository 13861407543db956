import CMultiBuffer

/// AES-128 in cipher block chaining mode over one block of ten, in place (ISO/IEC 23001-7, 9.6 and 10.4): a block is
/// encrypted, the nine after it stay clear, and so on; what is left at the end of a chain and is no whole block stays clear.
///
/// Chains are collected and encrypted together, since several cost a wide processor little more than one
/// (`AESBlockChainLanes`). Not `Sendable`: one owner, one task, calls in order.
public final class AESPatternCipher {
    /// Of the pattern, in bytes.
    public static let stride = 10 * AESBlockChainCipher.blockSize

    private let cipher: AESBlockChainCipher
    private let usesLanes: Bool
    /// What the next bytes of the chain are chained to.
    private var vector = AESBlockChainVector()
    /// Whether the last of the spans is of the chain that goes on.
    private var isCollecting = false
    private var spans: [keyway_chain] = []

    /// - Parameter key: 16 bytes.
    public convenience init(key: UnsafeRawBufferPointer) throws(CryptographyError) {
        try self.init(key: key, usesLanes: true)
    }

    /// - Parameter usesLanes: false for a test of what machines without them do.
    init(key: UnsafeRawBufferPointer, usesLanes: Bool) throws(CryptographyError) {
        cipher = try AESBlockChainCipher(key: key)
        self.usesLanes = usesLanes
    }

    /// Starts a chain at an IV of 16 bytes; the chain before is at its end.
    public func start(initializationVector: [UInt8]) throws(CryptographyError) {
        guard let vector = AESBlockChainVector(initializationVector) else { throw CryptographyError("AES-CBC IV") }
        self.vector = vector
        isCollecting = false
    }

    /// The next bytes of the chain, the first of which begin a block that is to be encrypted.
    ///
    /// They are encrypted when `finish` has returned, and not to be touched until then.
    public func encrypt(_ bytes: UnsafeMutableRawBufferPointer) throws(CryptographyError) {
        guard bytes.count >= AESBlockChainCipher.blockSize else { return }
        // Both would be of one chain, the second waits for the first.
        if isCollecting { try finish() }
        var span = keyway_chain()
        span.bytes = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        span.count = bytes.count
        vector.copy(to: &span)
        spans.append(span)
        isCollecting = true
    }

    /// Encrypts what was collected.
    public func finish() throws(CryptographyError) {
        guard !spans.isEmpty else { return }
        defer { spans.removeAll(keepingCapacity: true) }
        if usesLanes, let schedule = cipher.schedule {
            try AESBlockChainLanes.encryptPattern(&spans, schedule)
        } else {
            for position in spans.indices { try encryptAlone(&spans[position]) }
        }
        if isCollecting, let last = spans.last { vector = AESBlockChainVector(last) }
        isCollecting = false
    }

    /// Lets go of what was collected, whose memory may be gone.
    public func abandon() {
        spans.removeAll()
        isCollecting = false
    }

    /// Block by block, where there are no lanes.
    private func encryptAlone(_ span: inout keyway_chain) throws(CryptographyError) {
        cipher.chained = AESBlockChainVector(span)
        let bytes = UnsafeMutableRawBufferPointer(start: span.bytes, count: span.count)
        var block = 0
        while bytes.count - block >= AESBlockChainCipher.blockSize {
            let end = block + AESBlockChainCipher.blockSize
            try cipher.encrypt(UnsafeMutableRawBufferPointer(rebasing: bytes[block..<end]))
            block += Self.stride
        }
        cipher.chained.copy(to: &span)
    }
}
