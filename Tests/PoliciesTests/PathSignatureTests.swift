import Foundation
import Policies
import Testing

@Suite struct PathSignatureTests {
    private static let time = Date(timeIntervalSince1970: 1_763_740_800)
    private static let code = (0..<32).map { UInt8($0) }

    @Test func isWrittenInOneWayAndReadBack() throws {
        let plain = try #require(PathSignature(expires: Self.time, prefix: "/a/"))
        #expect(plain.signedText == "exp=1763740800~pre=/a/")
        let bound = try #require(
            PathSignature(
                expires: Self.time, prefix: "/a/b.ism/manifest(format=m3u8-cmaf)", address: IPAddress("2001:DB8::1")))
        #expect(bound.signedText == "exp=1763740800~pre=/a/b.ism/manifest(format=m3u8-cmaf)~ip=2001:db8::1")
        for signature in [plain, bound] {
            let text = signature.text(code: Self.code)
            #expect(text.hasSuffix("~hmac=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"))
            let read = try #require(PathSignature.read(text))
            #expect(read.signature == signature)
            #expect(read.code == Self.code)
        }
    }

    private static let digits = String(repeating: "0a", count: 32)

    @Test(arguments: [
        "", "~", "exp=1~pre=/a/", "exp=1~pre=/a/~hmac=", "exp=1~pre=/a/~hmac=" + digits.uppercased(),
        "exp=1~pre=/a/~hmac=" + digits.dropLast(), "exp=01~pre=/a/~hmac=" + digits, "exp=+1~pre=/a/~hmac=" + digits,
        "exp=-1~pre=/a/~hmac=" + digits, "exp=0~pre=/a/~hmac=" + digits, "pre=/a/~exp=1~hmac=" + digits,
        "exp=1~pre=a/~hmac=" + digits, "exp=1~pre=/a b/~hmac=" + digits, "exp=1~pre=/%61/~hmac=" + digits,
        "exp=1~pre=/a/~ip=1.2.3~hmac=" + digits, "exp=1~pre=/a/~ip=::ffff:1.2.3.4~hmac=" + digits,
        "exp=1~pre=/a/~ip=1.2.3.4~ip=1.2.3.4~hmac=" + digits, "exp=1~pre=/a/~hmac=\(digits)~",
        "exp=1~pre=/é/~hmac=" + digits,
        "exp=9999999999999~pre=/a/~hmac=" + digits, "exp=1~pre=/a/~HMAC=" + digits, "exp=1~pre=/\"/~hmac=" + digits,
        "exp=1~pre=/" + String(repeating: "a", count: 2000) + "/~hmac=" + digits,
    ])
    func everyOtherTextIsRefused(text: String) {
        #expect(PathSignature.read(text) == nil)
    }

    @Test func coversWhatLiesBelow() throws {
        let folder = try #require(PathSignature(expires: Self.time, prefix: "/a/film.ism/"))
        #expect(folder.covers(path: "/a/film.ism/manifest"))
        #expect(folder.covers(path: "/a/film.ism/v1/cbc/ts/x/0.ts"))
        #expect(!folder.covers(path: "/a/film.ism"))
        #expect(!folder.covers(path: "/a/film.ismx/manifest"))
        let one = try #require(PathSignature(expires: Self.time, prefix: "/a/film.ism/manifest"))
        #expect(one.covers(path: "/a/film.ism/manifest"))
        #expect(!one.covers(path: "/a/film.ism/manifest(format=m3u8-cmaf)"))
    }

    @Test func isFoundAmongCookies() {
        #expect(PathSignature.text(inCookies: "a=b; kw=exp=1~x; c=d") == "exp=1~x")
        #expect(PathSignature.text(inCookies: "kw=1;kw=2") == "1")
        #expect(PathSignature.text(inCookies: "akw=1; KW=2") == nil)
    }

    /// Bytes at random, and texts that nearly are signatures: none is read that would be written otherwise.
    @Test func whatIsReadIsWhatIsWritten() throws {
        var generator = SplitMix(state: 7)
        let text = try #require(PathSignature(expires: Self.time, prefix: "/a/", address: IPAddress("10.0.0.1")))
            .text(code: Self.code)
        for _ in 0..<5_000 {
            var bytes = Array(text.utf8)
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] = UInt8.random(in: 0...255, using: &generator)
            }
            let changed = String(decoding: bytes, as: UTF8.self)
            if let read = PathSignature.read(changed) { #expect(read.signature.text(code: read.code) == changed) }
        }
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
