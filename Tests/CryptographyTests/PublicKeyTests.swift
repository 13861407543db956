import Cryptography
import TestSupport
import Testing

@Suite struct PublicKeyTests {
    @Test func rsaSignaturesOfOpenSSLVerify() throws {
        let pair = try KeyPair.rsa.get()
        let key = try PublicKey(pem: pair.publicKey)
        #expect(key.kind == .rsa && key.bitCount == 2048)
        let message = Array("message".utf8)
        let signature = try OpenSSLTool.sign(message, with: pair.privateKey)
        #expect(key.verifies(signature, of: message, by: .rsaPKCS1(.sha256)))
        #expect(!key.verifies(signature, of: message + [0], by: .rsaPKCS1(.sha256)))
        #expect(!key.verifies(signature.dropLast(), of: message, by: .rsaPKCS1(.sha256)))
        #expect(!key.verifies([0] + signature, of: message, by: .rsaPKCS1(.sha256)))
        #expect(!key.verifies([], of: message, by: .rsaPKCS1(.sha256)))
        #expect(!key.verifies([UInt8](repeating: 0, count: 256), of: message, by: .rsaPKCS1(.sha256)))
        #expect(!key.verifies([UInt8](repeating: 0xFF, count: 256), of: message, by: .rsaPKCS1(.sha256)))
        #expect(!key.verifies([UInt8](repeating: 1, count: 64), of: message, by: .ecdsa(.sha256)))
        for position in stride(from: 0, to: signature.count, by: 5) {
            var changed = signature
            changed[position] ^= 1
            #expect(!key.verifies(changed, of: message, by: .rsaPKCS1(.sha256)))
        }
    }

    @Test func ecSignaturesOfOpenSSLVerify() throws {
        let pair = try KeyPair.ec.get()
        let key = try PublicKey(pem: pair.publicKey)
        #expect(key.kind == .ecP256 && key.bitCount == 256)
        // Enough of them that some r or s begins with a zero byte or a set bit.
        for number in 0..<40 {
            let message = Array("message \(number)".utf8)
            let der = try OpenSSLTool.sign(message, with: pair.privateKey)
            let signature = try OpenSSLTool.rawSignature(fromDER: der, numberSize: 32)
            #expect(key.verifies(signature, of: message, by: .ecdsa(.sha256)))
            #expect(!key.verifies(signature, of: message + [0], by: .ecdsa(.sha256)))
            #expect(!key.verifies(der, of: message, by: .ecdsa(.sha256)))
            #expect(!key.verifies(signature.dropLast(), of: message, by: .ecdsa(.sha256)))
            #expect(!key.verifies(signature + [0], of: message, by: .ecdsa(.sha256)))
        }
    }

    /// The all-zero signature of CVE-2022-21449, and others out of the range 1 to n − 1.
    @Test func ecNumbersOutOfRangeAreRefused() throws {
        let key = try PublicKey(pem: try KeyPair.ec.get().publicKey)
        let zero = [UInt8](repeating: 0, count: 32)
        let one: [UInt8] = zero.dropLast() + [1]
        let order = bytes(hex: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        let top = [UInt8](repeating: 0xFF, count: 32)
        for r in [zero, one, order, top] {
            for s in [zero, one, order, top] {
                #expect(!key.verifies(r + s, of: Array("message".utf8), by: .ecdsa(.sha256)))
            }
        }
    }

    @Test func theOtherKindNeverVerifies() throws {
        let message = Array("message".utf8)
        let key = try PublicKey(pem: try KeyPair.ec.get().publicKey)
        let signature = try OpenSSLTool.sign(message, with: try KeyPair.rsa.get().privateKey)
        #expect(!key.verifies(signature, of: message, by: .rsaPKCS1(.sha256)))
    }

    @Test(arguments: ["RSA:1024", "RSA:2040", "EC:P-224", "EC:secp256k1", "EC:P-256:explicit"])
    func keysOutsideTheRangeAreRefused(kind: String) throws {
        let pem = try OpenSSLTool.publicKey(of: try OpenSSLTool.privateKey(kind))
        #expect(throws: CryptographyError.self) { try PublicKey(pem: pem) }
    }

    @Test(arguments: ["ED448", "X25519"])
    func otherAlgorithmsAreRefused(algorithm: String) throws {
        let key = String(decoding: try OpenSSLTool.run(["genpkey", "-algorithm", algorithm]), as: UTF8.self)
        let pem = try OpenSSLTool.publicKey(of: key)
        #expect(throws: CryptographyError.self) { try PublicKey(pem: pem) }
    }

    @Test func pemVariantsThatAreAccepted() throws {
        let pem = try KeyPair.ec.get().publicKey
        for text in ["comment\n" + pem, pem + "\n \t\r\n", pem.replacing("\n", with: "\r\n")] {
            #expect(try PublicKey(pem: text).kind == .ecP256)
        }
    }

    @Test func pemVariantsThatAreRefused() throws {
        let pair = try KeyPair.ec.get()
        let pem = pair.publicKey
        let inside = pem.split(separator: "\n").dropFirst().dropLast().joined()
        let variants = [
            "", "-----BEGIN PUBLIC KEY-----", pair.privateKey, pem + pem, pem + "x", inside,
            pem.replacing("PUBLIC KEY", with: "CERTIFICATE"), pem.replacing("PUBLIC KEY", with: "RSA PUBLIC KEY"),
            String(repeating: " ", count: 20_000) + pem, String(pem.dropLast(40)), pem.replacing("M", with: "N"),
            "-----BEGIN PUBLIC KEY-----\n\(inside.dropLast())A==\n-----END PUBLIC KEY-----\n",
            "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        ]
        for variant in variants {
            #expect(throws: CryptographyError.self, "\(variant.prefix(60))") { try PublicKey(pem: variant) }
        }
    }

    /// A point off the curve: the last byte of y changed.
    @Test func invalidPointsAreRefused() throws {
        let pair = try KeyPair.ec.get()
        var der = try OpenSSLTool.run(["pkey", "-pubin", "-outform", "DER"], input: Array(pair.publicKey.utf8))
        der[der.count - 1] ^= 1
        let base64 = try OpenSSLTool.run(["base64"], input: der)
        let pem = "-----BEGIN PUBLIC KEY-----\n\(String(decoding: base64, as: UTF8.self))-----END PUBLIC KEY-----\n"
        #expect(throws: CryptographyError.self) { try PublicKey(pem: pem) }
    }

    @Test func manyThreadsShareOneKey() async throws {
        let pair = try KeyPair.rsa.get()
        let key = try PublicKey(pem: pair.publicKey)
        let message = Array("message".utf8)
        let signature = try OpenSSLTool.sign(message, with: pair.privateKey)
        let valid = await withTaskGroup(of: Int.self) { group in
            for number in 0..<16 {
                group.addTask {
                    (0..<50).count { _ in
                        key.verifies(signature, of: message + (number % 2 == 0 ? [] : [1]), by: .rsaPKCS1(.sha256))
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(valid == 400)
    }
}
