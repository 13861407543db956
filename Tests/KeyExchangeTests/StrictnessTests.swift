import ContentKeys
import Foundation
import KeyExchange
import Testing

/// Documents that are not taken.
@Suite struct StrictnessTests {
    private static let kid = "9eb4050d-e44b-4802-932e-27d75083e266"
    private static let plain = "FmY0xnWCPCNaSpRG+tUuTQ=="

    private static func wrap(_ lists: String) -> String {
        """
        <CPIX xmlns="urn:dashif:org:cpix" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc"
            xmlns:enc="http://www.w3.org/2001/04/xmlenc#">\(lists)</CPIX>
        """
    }

    private static func key(_ data: String, _ attributes: String = "") -> String {
        wrap("<ContentKeyList><ContentKey kid=\"\(kid)\" \(attributes)>\(data)</ContentKey></ContentKeyList>")
    }

    private static func value(_ inner: String) -> String { key("<Data><pskc:Secret>\(inner)</pskc:Secret></Data>") }

    private static func encrypted(_ algorithm: String, _ data: String) -> String {
        value(
            "<pskc:EncryptedValue><enc:EncryptionMethod Algorithm=\"\(algorithm)\"/><enc:CipherData>\(data)"
                + "</enc:CipherData></pskc:EncryptedValue>")
    }

    @Test(arguments: [
        ("<CPIX/>", "not CPIX"), (wrap("<KeyList/>"), "does not belong"), (wrap("text"), "text"),
        (wrap("<ContentKeyList/><ContentKeyList/>"), "two elements"), (wrap("<x xmlns='urn:x'/>"), "does not belong"),
        (key("", "kind='x'"), "attribute 'kind'"), (key("", "explicitIV='AAAA'"), "16 bytes"),
        (key("", "dependsOnKey='x'"), "UUID"), (key("text"), "text"), (key("<Date/>"), "does not belong"),
        (wrap("<ContentKeyList><ContentKey/></ContentKeyList>"), "kid is missing"),
        (wrap("<ContentKeyList><ContentKey kid='1'/></ContentKeyList>"), "not a UUID"),
        (
            wrap("<ContentKeyList><ContentKey kid='\(kid)'/><ContentKey kid='\(kid.uppercased())'/></ContentKeyList>"),
            "two keys"
        ),
        (value("<pskc:PlainValue>\(plain)x</pskc:PlainValue>"), "base64"),
        (value("<pskc:PlainValue>FmY0xnWCPCNaSpRG+tUuTQ</pskc:PlainValue>"), "base64"),
        (value("<pskc:PlainValue>FmY0xnWCPCNaSpRG+tUuTR==</pskc:PlainValue>"), "base64"),
        (value("<pskc:PlainValue>Fm=0xnWCPCNaSpRG+tUuTQ==</pskc:PlainValue>"), "base64"),
        (value("<pskc:PlainValue>\(String(repeating: "AAAA", count: 30))</pskc:PlainValue>"), "longer than 64"),
        (value("<pskc:PlainValue><x/></pskc:PlainValue>"), "does not belong"),
        (value("<pskc:PlainValue>\(plain)</pskc:PlainValue><pskc:ValueMAC>AAAA</pskc:ValueMAC>"), "no MAC"),
        (value("<pskc:PlainValue>\(plain)</pskc:PlainValue><pskc:PlainValue/>"), "two elements"),
        (encrypted("urn:none", "<enc:CipherValue>AAAA</enc:CipherValue>"), "aes256-cbc"),
        (encrypted("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "<enc:CipherReference URI='http://x/'/>"), "belong"),
        (
            wrap(
                "<ContentKeyList><ContentKey kid='\(kid)'/></ContentKeyList><DRMSystemList>"
                    + "<DRMSystem systemId='\(kid)' kid='1eb4050d-e44b-4802-932e-27d75083e266'/></DRMSystemList>"),
            "not in the list"
        ),
        (
            wrap(
                "<ContentKeyList><ContentKey kid='\(kid)'/></ContentKeyList><ContentKeyUsageRuleList>"
                    + "<ContentKeyUsageRule kid='\(kid)'><KeyPeriodFilter periodId='p'/></ContentKeyUsageRule>"
                    + "</ContentKeyUsageRuleList>"), "a period that there is not"
        ),
    ]) func isRefused(text: String, reason: String) {
        let error = #expect(throws: CPIXError.self) { try received(text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "taken")")
        #expect(error?.description.contains("FmY0") != true)
    }

    @Test func whiteSpaceAndOtherNamespacesAreNoHindrance() throws {
        let text = Self.wrap(
            """
            <ContentKeyList id="l"><ContentKey kid="\(Self.kid.uppercased())">
              <Data><pskc:Secret><pskc:PlainValue>
                FmY0xnWC PCNaSpRG
                +tUuTQ==
              </pskc:PlainValue></pskc:Secret></Data></ContentKey></ContentKeyList>
            <DRMSystemList><DRMSystem kid="\(Self.kid)" systemId="1077efec-c0b2-4d02-ace3-3c1e52e2fb4b">
              <PSSH/><speke:x xmlns:speke="urn:aws:amazon:com:speke"/></DRMSystem></DRMSystemList>
            """)
        let document = try received(text).document
        #expect(document.clear[Self.kid]?.hasPrefix("166634c6") == true)
        #expect(document.systems.first?.pssh == [])
    }

    /// Documents that were changed at random: each is read or refused, and none ends the program.
    @Test func changedDocumentsAreReadOrRefused() throws {
        var generator = SeededGenerator(state: 2023)
        let holder = try Holder.shared.get()
        let signed = try holder.python(
            "sign", sample().sealed(to: [holder.certificate]).xml, holder.keyFile, holder.certificateFile, "document")
        let sources = [try sample().xml, try sample().sealed(to: [holder.certificate]).xml, signed].map {
            Array($0.utf8)
        }
        let tokens = ["<", ">", "</", "/>", "\"", "&lt;", "&#0;", "=", "<!--", "]]>", "<![CDATA[", "xmlns=", "\0", "é"]
        var refused = 0
        for _ in 0..<10_000 {
            var bytes = sources[Int.random(in: 0..<sources.count, using: &generator)]
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                let at = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: bytes[at] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: bytes.remove(at: at)
                case 2: bytes.insert(contentsOf: Array((tokens.randomElement(using: &generator) ?? "").utf8), at: at)
                case 3: bytes.removeSubrange(at..<min(at + Int.random(in: 1..<200, using: &generator), bytes.count))
                default:
                    let from = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes.insert(contentsOf: bytes[from..<min(from + 120, bytes.count)], at: at)
                }
                if bytes.isEmpty { bytes = [0x3C] }
            }
            do {
                let document = try bytes.withUnsafeBytes { try CPIX.read($0) }.document
                if document.isEncrypted { _ = try document.opened(with: holder.privateKey) }
            } catch is CPIXError {
                refused += 1
            }
        }
        #expect(refused > 6_000)
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
