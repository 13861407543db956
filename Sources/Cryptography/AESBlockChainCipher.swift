import CMultiBuffer
import COpenSSL

/// AES-128 in cipher block chaining mode (NIST SP 800-38A, 6.2) without padding, in place, over whole blocks.
///
/// The key is set once; a new IV costs no key schedule. Not `Sendable`: one owner, one task, calls in order.
public final class AESBlockChainCipher {
    /// In bytes.
    public static let blockSize = 16

    private let context: OpaquePointer
    /// For `AESBlockChainLanes`; nil where there are none.
    let schedule: UnsafeMutableRawPointer?
    /// What the next block is chained to, when that is not what the context has.
    private var vector: AESBlockChainVector?
    /// The last block that the context made, or its IV.
    private var last = AESBlockChainVector()

    /// - Parameter key: 16 bytes.
    public init(key: UnsafeRawBufferPointer) throws(CryptographyError) {
        guard key.count == 16 else { throw CryptographyError("AES-CBC key length") }
        guard let context = EVP_CIPHER_CTX_new() else { throw CryptographyError("AES-CBC context") }
        self.context = context
        schedule = AESBlockChainLanes.makeSchedule(key)
        guard EVP_EncryptInit_ex(context, EVP_aes_128_cbc(), nil, key.bytes, nil) == 1,
            EVP_CIPHER_CTX_set_padding(context, 0) == 1
        else { throw CryptographyError("AES-CBC key") }
    }

    deinit {
        EVP_CIPHER_CTX_free(context)
        AESBlockChainLanes.free(schedule)
    }

    /// Starts a chain at an IV of 16 bytes.
    public func start(initializationVector: [UInt8]) throws(CryptographyError) {
        guard initializationVector.count == Self.blockSize,
            EVP_EncryptInit_ex(context, nil, nil, nil, initializationVector) == 1
        else { throw CryptographyError("AES-CBC IV") }
        vector = nil
        withUnsafeMutableBytes(of: &last) { $0.copyBytes(from: initializationVector) }
    }

    /// Encrypts whole blocks; the chain goes on over calls.
    public func encrypt(_ data: UnsafeMutableRawBufferPointer) throws(CryptographyError) {
        guard data.count % Self.blockSize == 0 else { throw CryptographyError("AES-CBC partial block") }
        guard data.count > 0 else { return }
        if var vector {
            let done = withUnsafeBytes(of: &vector) { EVP_EncryptInit_ex(context, nil, nil, nil, $0.bytes) }
            guard done == 1 else { throw CryptographyError("AES-CBC IV") }
            self.vector = nil
        }
        var rest = data
        while let base = rest.baseAddress, rest.count > 0 {
            let count = min(rest.count, 1 << 30)
            var written: Int32 = 0
            let bytes = base.assumingMemoryBound(to: UInt8.self)
            guard EVP_EncryptUpdate(context, bytes, &written, bytes, Int32(count)) == 1, Int(written) == count else {
                throw CryptographyError("AES-CBC")
            }
            rest = UnsafeMutableRawBufferPointer(rebasing: rest[count...])
        }
        last = AESBlockChainVector(data)
    }

    /// What the next block is chained to.
    var chained: AESBlockChainVector {
        get { vector ?? last }
        set { vector = newValue }
    }
}

/// A block of ciphertext, or an IV.
struct AESBlockChainVector {
    private var halves: (UInt64, UInt64) = (0, 0)

    init() {}

    /// Nil when there are not 16 bytes.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == AESBlockChainCipher.blockSize else { return nil }
        withUnsafeMutableBytes(of: &halves) { $0.copyBytes(from: bytes) }
    }

    /// The last block of what was encrypted.
    init(_ data: UnsafeMutableRawBufferPointer) {
        let start = data.count - AESBlockChainCipher.blockSize
        halves = (
            data.loadUnaligned(fromByteOffset: start, as: UInt64.self),
            data.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
        )
    }

    init(_ chain: keyway_chain) {
        halves = withUnsafeBytes(of: chain.vector) { bytes in
            (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }

    /// Writes the 16 bytes.
    func copy(to chain: inout keyway_chain) {
        withUnsafeMutableBytes(of: &chain.vector) { bytes in
            bytes.storeBytes(of: halves.0, as: UInt64.self)
            bytes.storeBytes(of: halves.1, toByteOffset: 8, as: UInt64.self)
        }
    }
}
