import Cryptography
import Foundation
import KeyExchange
import Testing

@Suite struct SignatureTests {
    let holder: Holder

    init() throws {
        holder = try Holder.shared.get()
    }

    /// Signed by signxml: the document, or the list of keys by an id.
    private func signed(_ how: String) throws -> String {
        let xml = try sample().xml.replacing("<cpix:ContentKeyList>", with: "<cpix:ContentKeyList id=\"keys\">")
        return try holder.python("sign", xml, holder.keyFile, holder.certificateFile, how)
    }

    /// Ours, verified by signxml, by the schema and by ourselves.
    @Test func whatWeSignOthersVerify() throws {
        let signer = try CPIX.Holder(pem: String(contentsOfFile: holder.certificateFile, encoding: .utf8))
        let pem = try Data(contentsOf: URL(fileURLWithPath: holder.keyFile))
        for document in [try sample(), try sample().sealed(to: [holder.certificate])] {
            let text = try pem.withUnsafeBytes { try document.signedXML(by: signer, withPEM: $0) }
            _ = try holder.python("verify", text, holder.certificateFile)
            _ = try holder.python("validate", text)
            let received = try received(text)
            try received.require(signer: signer)
            #expect(received.signers == [signer.fingerprint])
            let other = try Holder.other.get()
            let stranger = try CPIX.Holder(pem: String(contentsOfFile: other.certificateFile, encoding: .utf8))
            #expect(throws: CPIXError.self) { try received.require(signer: stranger) }
            #expect(throws: CPIXError.self) {
                try pem.withUnsafeBytes { try document.signedXML(by: stranger, withPEM: $0) }
            }
            let changed = text.replacing("9eb4050d", with: "8eb4050d")
            #expect(throws: (any Error).self) { try holder.python("verify", changed, holder.certificateFile) }
        }
    }

    private static let lists: Set = [
        "ContentKeyList", "DRMSystemList", "ContentKeyPeriodList", "ContentKeyUsageRuleList", "Signature",
    ]

    @Test(arguments: [("document", lists), ("keys", Set(["ContentKeyList"]))])
    func whatIsSignedIsKnown(how: String, covers: Set<String>) throws {
        let received = try received(try signed(how))
        #expect(received.signatures.map(\.covers) == [covers])
        #expect(received.signatures.first?.certificate.der == holder.certificate.der)
        #expect(try received.document.clear.count == sample().keys.count)
    }

    @Test(arguments: ["document", "keys"]) func aChangeIsSeen(how: String) throws {
        let text = try signed(how)
        for (old, new) in [
            ("kid=\"9eb4050d", "kid=\"8eb4050d"), ("SignatureValue>", "SignatureValue>AAAA"),
            ("rsa-sha512", "rsa-sha256"), ("DigestValue>", "DigestValue>AAAA"),
        ] {
            let changed = text.replacing(old, with: new)
            #expect(changed != text)
            #expect(throws: CPIXError.self) { try received(changed) }
        }
    }

    @Test func anotherKeyDoesNotVerify() throws {
        let other = try Holder.other.get()
        let text = try signed("document").replacing(
            Data(holder.certificate.der).base64EncodedString(), with: Data(other.certificate.der).base64EncodedString())
        let lines = try pemLines(holder)
        let others = try pemLines(other)
        #expect(throws: CPIXError.self) { try received(text.replacing(lines, with: others)) }
    }

    /// The certificate as signxml writes it.
    private func pemLines(_ holder: Holder) throws -> String {
        try String(contentsOfFile: holder.certificateFile, encoding: .utf8)
            .replacing("-----BEGIN CERTIFICATE-----\n", with: "").replacing("\n-----END CERTIFICATE-----\n", with: "")
    }

    @Test(arguments: [
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            "algorithm"
        ),
        (
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
            "algorithm"
        ),
        ("http://www.w3.org/2001/04/xmlenc#sha512", "http://www.w3.org/2000/09/xmldsig#sha1", "verify"),
        (
            "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/TR/1999/REC-xslt-19991116",
            "transforms"
        ),
        ("URI=\"\"", "URI=\"http://127.0.0.1/\"", "verify"), ("URI=\"\"", "URI=\"#xpointer(/)\"", "verify"),
    ]) func weakAndOtherAlgorithmsAreRefused(old: String, new: String, reason: String) throws {
        let text = try signed("document")
        #expect(text.contains(old))
        let error = #expect(throws: CPIXError.self) { try received(text.replacing(old, with: new)) }
        #expect(error?.reason.contains(reason) == true, "\(error?.description ?? "")")
    }

    /// Signed well, by what is no longer trusted.
    @Test(arguments: [("rsa-sha1", "sha512", "RSA with SHA-256"), ("rsa-sha512", "sha1", "digest must be SHA-256")])
    func weakSignaturesAreRefusedAlsoWhenTheyVerify(algorithm: String, digest: String, reason: String) throws {
        let text = try holder.python(
            "sign", sample().xml, holder.keyFile, holder.certificateFile, "document", algorithm, digest)
        let error = #expect(throws: CPIXError.self) { try received(text) }
        #expect(error?.reason.contains(reason) == true, "\(error?.description ?? "taken")")
    }

    /// The signed list is moved away and another one takes its place.
    @Test func wrappedSignaturesAreRefused() throws {
        let text = try signed("keys")
        let start = try #require(text.range(of: "<cpix:ContentKeyList")).lowerBound
        let end = try #require(text.range(of: "</cpix:ContentKeyList>")).upperBound
        let list = String(text[start..<end])
        let forged = list.replacing("id=\"keys\"", with: "").replacing("9eb4050d", with: "8eb4050d")
        let signature = try #require(text.range(of: "</ds:Signature>")).lowerBound
        let places = [
            // Two lists.
            text.replacing(list, with: forged + list),
            // Within an element that is passed over, and in the signature.
            text.replacing(
                list, with: forged + "<cpix:UpdateHistoryItemList>\(list)</cpix:UpdateHistoryItemList>"),
            String(text[..<start]) + forged + text[end..<signature] + "<ds:Object>\(list)</ds:Object></ds:Signature>"
                + text[signature...].dropFirst("</ds:Signature>".count),
            // The id twice.
            text.replacing(list, with: list.replacing("9eb4050d", with: "8eb4050d")).replacing(
                "</cpix:DRMSystemList>", with: "<cpix:DRMSystem id=\"keys\"/></cpix:DRMSystemList>"),
            // The whole document within another one.
            "<cpix:CPIX xmlns:cpix=\"urn:dashif:org:cpix\">"
                + text.replacing("<?xml version='1.0' encoding='UTF-8'?>", with: "") + "</cpix:CPIX>",
        ]
        for place in places { #expect(throws: CPIXError.self) { try received(place) } }
    }
}
