import ContentKeys
import Cryptography
import Foundation
import Markup

extension CPIX {
    /// The document as XML with a signature over all of it (CPIX 2.3, 9.2): enveloped, RSA with SHA-512, canonical XML.
    ///
    /// - Parameter pem: of the private key of the signer's certificate, without a passphrase. The caller zeroes its own copy.
    /// - Throws: `CPIXError`, also when the private key is not the certificate's.
    public func signedXML(by signer: Holder, withPEM pem: UnsafeRawBufferPointer) throws(CPIXError) -> String {
        do {
            let key = try RSAPrivateKey(pem: pem)
            guard try key.fingerprint() == signer.certificate.keyFingerprint() else {
                throw CPIXError("the private key is not that of the signer's certificate")
            }
            let unsigned = xml
            let digest = try Self.canonical(unsigned) { $0 }
            let template = SignatureTemplate(
                digest: try digest.withUnsafeBytes { try MessageDigest.sha512.digest($0) },
                certificate: signer.certificate.der)
            let info = try Self.canonical(template.placed(in: unsigned, value: [])) { root in
                root.children.last?.children.first ?? root
            }
            let value = try info.withUnsafeBytes { try key.signPKCS1($0, digest: .sha512) }
            return template.placed(in: unsigned, value: value)
        } catch let error as CPIXError {
            throw error
        } catch let error as CryptographyError {
            throw CPIXError(error.operation)
        } catch let error as MarkupError {
            throw CPIXError(error.reason, at: error.position)
        } catch {
            throw CPIXError("the document could not be signed")
        }
    }

    /// The canonical XML of a part of a document.
    private static func canonical(_ xml: String, _ part: (MarkupElement) -> MarkupElement) throws -> ZeroedBytes {
        try Array(xml.utf8).withUnsafeBytes { bytes in
            let document = try MarkupDocument(bytes)
            return try document.canonical(part(document.root), by: .inclusive)
        }
    }
}

/// A signature on the whole document that it stands in.
private struct SignatureTemplate {
    let digest: [UInt8]
    let certificate: [UInt8]

    /// The signature at the document's end. It adds nothing to what is signed: no white space around it.
    func placed(in xml: String, value: [UInt8]) -> String {
        let end = "</cpix:CPIX>"
        guard let place = xml.range(of: end, options: .backwards) else { return xml }
        return String(xml[..<place.lowerBound]) + element(value) + xml[place.lowerBound...]
    }

    private func element(_ value: [UInt8]) -> String {
        func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
        func named(_ name: String, _ algorithm: String) -> String { "<ds:\(name) Algorithm=\"\(algorithm)\"/>" }
        let canonical = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
        return """
            <ds:Signature xmlns:ds="\(CPIXNames.signature)"><ds:SignedInfo>\
            \(named("CanonicalizationMethod", canonical))\
            \(named("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"))\
            <ds:Reference URI=""><ds:Transforms>\(named("Transform", CPIXNames.signature + "enveloped-signature"))\
            \(named("Transform", canonical))</ds:Transforms>\
            \(named("DigestMethod", "http://www.w3.org/2001/04/xmlenc#sha512"))\
            <ds:DigestValue>\(base64(digest))</ds:DigestValue></ds:Reference></ds:SignedInfo>\
            <ds:SignatureValue>\(base64(value))</ds:SignatureValue><ds:KeyInfo><ds:X509Data>\
            <ds:X509Certificate>\(base64(certificate))</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>
            """
    }
}
