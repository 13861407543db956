import AzureImport
import Foundation
import Policies
import Testing

/// Exports that somebody else wrote, or damaged: never a trap, never a policy that allows more.
@Suite struct HostileExportTests {
    @Test(
        arguments: [
            "{", "[[", "{\"options\":[", "{\"error\":{\"code\":\"x\"}}",
            "{\"keyDelivery\":{\"accessControl\":{}},}", "{\"keyDelivery\":1,\"KEYDELIVERY\":2}",
            "{\"ContentKeyType\":1} x", "<TokenRestrictionTemplate", "<a>streamingLocator",
            "[{\"options\":[]},[[[[[[\"Microsoft.Media\"]]]]]]]",
        ])
    func whatCannotBeReadStopsEverything(text: String) {
        #expect(!Exports.read(text).errors.isEmpty)
    }

    /// Files that lie beside the exports and happen to start as JSON or XML.
    @Test(
        arguments: [
            "[section]\nname = value", "{\"a\":1,\"a\":2}", "{\"a\":1}\n{\"a\":2}", "[[[[[[1.5, 2]]]]]]",
            "<!DOCTYPE html><html><body><br></body></html>", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a",
            "{ // a note\n}", "{\"Options\":[],\"options\":[]}",
        ])
    func whatIsOfSomethingElseIsLeftOutByName(text: String) throws {
        let good = Exports.source("good.json", Array(RefusalTests.policy(RefusalTests.token).utf8))
        let wide = text.utf16.reduce(into: [UInt8]([0xFF, 0xFE])) {
            $0 += [UInt8(truncatingIfNeeded: $1), UInt8($1 >> 8)]
        }
        for bytes in [Array(text.utf8), wide] {
            let items = AzureImport.read([Exports.source("stray", bytes), good])
            #expect(items.errors.isEmpty && items.authorizationPolicies.count == 1)
            #expect(items.findings.map(\.outcome) == [.refused] && items.findings[0].place.file == "stray")
        }
    }

    /// Also where what cannot be read is written in two bytes a letter.
    @Test func aDamagedExportOfAnyEncodingStopsEverything() {
        let text = "{\"accessControl\":{},}"
        let wide = text.utf16.reduce(into: [UInt8]([0xFF, 0xFE])) {
            $0 += [UInt8(truncatingIfNeeded: $1), UInt8($1 >> 8)]
        }
        #expect(AzureImport.read([Exports.source("x", wide)]).errors.count == 1)
        #expect(
            AzureImport.read([Exports.source("x", Array("{\"accessControl\":\"caf".utf8) + [0xE9])]).errors.count == 1)
    }

    @Test func whatIsNoExportIsSaid() {
        for text in ["", "hello", "{}", "\u{FEFF}{}", "[1]", "<a/>", "{\"value\":\"AAEC\"}", "{\"name\":\"x\"}"] {
            let items = Exports.read(text)
            #expect(items.errors.isEmpty && items.findings.count == 1, "\(text)")
        }
        #expect(AzureImport.read([Exports.source("x", [0xFF, 0xFE, 0x00])]).findings.count == 1)
        #expect(AzureImport.read([ExportSource(name: "x", problem: "cannot be opened")]).errors.count == 1)
    }

    @Test func sizesAreBounded() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(!Exports.read(deep).refusals.isEmpty)
        #expect(!Exports.read("<a>" + String(repeating: "<b>", count: 10_000)).refusals.isEmpty)
        #expect(!Exports.read("[" + String(repeating: "0,", count: 500_000) + "0]").refusals.isEmpty)
        #expect(!Exports.read("[\"" + String(repeating: "x", count: 5 << 20) + "\"]").refusals.isEmpty)
        let many = String(repeating: RefusalTests.policy(RefusalTests.open) + ",", count: 3)
        #expect(!Exports.read("[\(many)1]").refusals.isEmpty)
    }

    @Test func otherEncodings() throws {
        let text = try Exports.text("v3/subscribers.json")
        let plain = Exports.read(text).authorizationPolicies
        #expect(plain.count == 2)
        let wide = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let turned = text.utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        for bytes in [[0xEF, 0xBB, 0xBF] + Array(text.utf8), [0xFF, 0xFE] + wide, [0xFE, 0xFF] + turned] {
            #expect(AzureImport.read([Exports.source("x.json", bytes)]).authorizationPolicies == plain)
        }
    }

    private static func mutate(_ bytes: [UInt8], _ generator: inout Seeded) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            guard let position = bytes.indices.randomElement(using: &generator) else { return bytes }
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[position] = UInt8.random(in: 0x20...0x7E, using: &generator)
            case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 2: bytes.remove(at: position)
            case 3: bytes.insert(Array("{}[]<>\",:0 ".utf8).randomElement(using: &generator) ?? 0, at: position)
            default: bytes.swapAt(position, bytes.indices.randomElement(using: &generator) ?? position)
            }
        }
        return bytes
    }

    /// Documents whose options all ask for a token with its claims.
    @Test(arguments: ["v2/swt-template.xml", "v2/jwt-template.xml", "token"])
    func aDamagedRestrictionIsNeverLooser(name: String) throws {
        let text = name == "token" ? RefusalTests.policy(RefusalTests.token) : try Exports.text(name)
        let good = Array(text.utf8)
        var generator = Seeded(state: 4711)
        var taken = 0
        for _ in 0..<1500 {
            let items = AzureImport.read([Exports.source("x", Self.mutate(good, &generator))])
            for option in items.options {
                taken += 1
                let tokens = option.restrictions.compactMap { restriction -> TokenRestriction? in
                    if case .token(let token) = restriction { token } else { nil }
                }
                #expect(tokens.count == 1 && option.restrictions.count == 1)
                let token = try #require(tokens.first)
                #expect(!token.issuer.isEmpty && !token.audience.isEmpty && !token.verificationKeys.isEmpty)
                #expect(token.requiredClaims.count == 1)
                #expect(option.delivery.count == 1)
            }
            if items.options.isEmpty { #expect(items.secrets.isEmpty && !items.findings.isEmpty) }
        }
        #expect(taken > 50)
    }

    /// Everything else, for traps.
    @Test(
        arguments: [
            "v2/keys.json", "v2/delivery.json", "v2/policies.json", "v3/subscribers.json", "v3/streaming-policies.json",
            "v3/locators.json", "v3/locator-keys.json", "account/account.json",
        ])
    func damagedExportsAreRead(name: String) throws {
        let good = Array(try Exports.text(name).utf8)
        let isOpen = name == "v2/policies.json"
        var generator = Seeded(state: 42)
        for _ in 0..<300 {
            let items = AzureImport.read([Exports.source(name, Self.mutate(good, &generator))])
            let opens = items.options.filter { $0.restrictions.contains(.open) }
            #expect(opens.count <= (isOpen ? 1 : 0))
        }
    }
}
