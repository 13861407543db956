import Foundation
import Policies
import TestSupport
import Testing

@testable import Tokens

/// Random changes to good tokens: never a trap, never accepted unless the token says the very same.
@Suite struct MutationTests {
    private static func mutate(_ bytes: [UInt8], _ generator: inout Seeded) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            guard let position = bytes.indices.randomElement(using: &generator) else { return bytes }
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: bytes[position] = UInt8.random(in: 0...127, using: &generator)
            case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<7, using: &generator)
            case 2: bytes.remove(at: position)
            case 3: bytes.insert(Array(".=&%+/-_ \n{}[]\"".utf8).randomElement(using: &generator) ?? 0, at: position)
            case 4: bytes.swapAt(position, bytes.indices.randomElement(using: &generator) ?? position)
            case 5: bytes.removeSubrange(position...)
            default:
                let end = Int.random(in: position...bytes.count, using: &generator)
                bytes.insert(contentsOf: bytes[position..<end], at: position)
            }
        }
        return bytes
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func jwt(algorithm: SignatureAlgorithm) throws {
        let signer = try Signer.of(algorithm)
        let rule = signer.rule
        let good = try signer.token(payload())
        let verifier = StrictTokenVerifier(secrets: TableOfSecrets())
        var generator = Seeded(state: 17)
        for _ in 0..<2000 {
            let changed = String(decoding: Self.mutate(Array(good.utf8), &generator), as: UTF8.self)
            let accepted = verifier.verify(changed, under: rule, at: now).token != nil
            #expect(accepted == (changed == good), "\(changed)")
            _ = try? TokenInspection(changed)
        }
    }

    /// Payloads that are signed after the change: the JSON reader meets them.
    @Test func jwtPayloads() {
        let good = payload(["a": #"[1,{"b":[true,null,"\u00e9\ud83c\udfac"]},-1.5e3]"#])
        var generator = Seeded(state: 19)
        for _ in 0..<4000 {
            let changed = Self.mutate(Array(good.utf8), &generator)
            guard let verified = verdict(signed(header: goodHeader, payload: changed)).token else { continue }
            #expect(verified.issuer == issuer && verified.claims["aud"]?.contains(audience) == true)
            #expect(verified.expires > now.addingTimeInterval(-61))
            // Whatever we take, Foundation takes too.
            #expect((try? JSONSerialization.jsonObject(with: Data(changed))) is [String: Any])
        }
    }

    @Test func swt() throws {
        let contents = TokenContents(
            issuer: issuer, audience: audience, expires: now.addingTimeInterval(600),
            claims: [TokenClaim(name: "plan é", value: .text("a b"))])
        let good = try TokenIssuer.swt(contents, secret: TableOfSecrets.main)
        let original = try #require(verdict(good, restriction(.swt)).token)
        var generator = Seeded(state: 23)
        for _ in 0..<8000 {
            let changed = String(decoding: Self.mutate(Array(good.utf8), &generator), as: UTF8.self)
            // Only another spelling of the signature may pass, and it is the same token.
            if let verified = verdict(changed, restriction(.swt)).token { #expect(verified == original, "\(changed)") }
            _ = try? TokenInspection(changed)
        }
    }

    @Test func arbitraryBytes() {
        var generator = Seeded(state: 29)
        for _ in 0..<4000 {
            let bytes = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(verdict(text).token == nil && verdict(text, restriction(.swt)).token == nil)
            _ = try? JSONReader.read(bytes)
            _ = FormPair(bytes)
            _ = Base64.decode(bytes, .standard)
        }
    }
}
