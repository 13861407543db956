import CMultiBuffer
import COpenSSL
import Glibc

/// A key of AES-256-GCM whose schedule was made before, for a key that opens many short messages: making it costs more than
/// opening one. The schedule is as good as the key: it lies in a locked page that core dumps leave out, and is zeroed on
/// release.
public final class PreparedAES256GCM: @unchecked Sendable {
    // Unchecked: the page is written before anybody else can see it, and read from then on.
    private let page: UnsafeMutableRawPointer
    private let size: Int

    /// - Parameter key: 32 bytes.
    /// - Returns: nil where the processor or the library for it is missing, and where no page can be locked.
    public init?(key: UnsafeRawBufferPointer) {
        let size = keyway_gcm_schedule_size()
        guard size > 0, key.count == AES256GCM.keySize,
            let page = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), page != MAP_FAILED
        else { return nil }
        guard mlock(page, size) == 0 else {
            munmap(page, size)
            return nil
        }
        madvise(page, size, MADV_DONTDUMP)
        keyway_gcm_expand(key.baseAddress, page)
        self.page = page
        self.size = size
    }

    deinit {
        explicit_bzero(page, size)
        munmap(page, size)
    }

    /// Opens a nonce, the ciphertext and its tag: see `AES256GCM.open`.
    public func open(
        _ sealed: [UInt8], authenticating data: UnsafeRawBufferPointer, into clear: UnsafeMutableRawBufferPointer
    ) throws(CryptographyError) {
        let count = sealed.count - AES256GCM.nonceSize - AES256GCM.tagSize
        guard (0...AES256GCM.longest).contains(count), clear.count == count, data.count <= AES256GCM.longest else {
            throw CryptographyError("AES-256-GCM arguments")
        }
        let isOpened = sealed.withUnsafeBytes { sealed -> Bool in
            guard let bytes = sealed.baseAddress else { return false }
            let ciphertext = bytes + AES256GCM.nonceSize
            return withUnsafeTemporaryAllocation(byteCount: AES256GCM.tagSize, alignment: 16) { tag in
                keyway_gcm_decrypt(
                    page, bytes, data.baseAddress, data.count, ciphertext, count, clear.baseAddress, tag.baseAddress)
                return CRYPTO_memcmp(tag.baseAddress, ciphertext + count, AES256GCM.tagSize) == 0
            }
        }
        guard isOpened else {
            cleanse(clear)
            throw CryptographyError("AES-256-GCM")
        }
    }
}
