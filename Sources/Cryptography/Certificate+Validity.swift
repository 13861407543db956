import COpenSSL
public import Foundation

extension Certificate {
    /// From when until when it is valid (RFC 5280, 4.1.2.5); nil when that cannot be read.
    public var validity: ClosedRange<Date>? {
        var (start, end) = (tm(), tm())
        let isRead =
            ASN1_TIME_to_tm(X509_get0_notBefore(certificate), &start) == 1
            && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1
        guard isRead else {
            ERR_clear_error()
            return nil
        }
        let (first, last) = (timegm(&start), timegm(&end))
        guard first <= last else { return nil }
        return Date(timeIntervalSince1970: TimeInterval(first))...Date(timeIntervalSince1970: TimeInterval(last))
    }

    /// Whether a private key, in PEM and without a passphrase, is the one of the certificate's public key.
    public func belongs(toPrivateKey pem: String) -> Bool {
        Array(pem.utf8).withUnsafeBytes { text in
            guard text.count <= RecipientKey.longestPEM,
                let source = BIO_new_mem_buf(text.baseAddress, Int32(text.count))
            else { return false }
            defer { BIO_free(source) }
            // Otherwise OpenSSL would ask the terminal for a passphrase.
            guard let key = PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil), let own = copyKey() else {
                ERR_clear_error()
                return false
            }
            defer {
                EVP_PKEY_free(key)
                EVP_PKEY_free(own)
            }
            defer { ERR_clear_error() }
            return EVP_PKEY_eq(key, own) == 1
        }
    }
}
