import COpenSSL

/// OpenSSL as a whole.
public enum CryptographyLibrary {
    /// Leaves OpenSSL as it is when the program ends, where it would else clean up behind the back of threads that still
    /// use it, which then crash. The system takes the memory, and what is secret is zeroed by who holds it. To be called
    /// before anything else of this module.
    public static func stayUntilExit() {
        OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    }
}
