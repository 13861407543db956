import ContentKeys
import Foundation
import KeyExchange
import Policies
import TestSupport
import Testing

@Suite struct DocumentTests {
    let holder: Holder

    init() throws {
        holder = try Holder.shared.get()
    }

    @Test func aDocumentOfAnotherProgramIsRead() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: tests.appendingPathComponent("Vectors/cpix/ContentKeys-v7.xml"), encoding: .utf8)
        let document = try received(text).document
        #expect(document.keys.count > 10)
        #expect(document.clear["9eb4050d-e44b-4802-932e-27d75083e266"] == "166634c675823c235a4a9446fad52e4d")
        let lines = try holder.python("keys", document.xml).split(separator: "\n").map(String.init).sorted()
        #expect(lines == document.clear.map { "\($0) \($1)" }.sorted())
    }

    @Test func whatIsWrittenIsValidAndReadAgain() throws {
        let document = try sample()
        _ = try holder.python("validate", document.xml)
        let again = try received(document.xml).document
        #expect(again.xml == document.xml)
        #expect(again.contentID == document.contentID && again.clear == document.clear)
        #expect(again.usageRules.map(\.label) == [.videoHD, .audio])
        #expect(again.keys[0].explicitIV == Array(0..<16))
    }

    @Test func encryptedKeysOpenOnlyForTheRecipient() throws {
        let document = try sample()
        let sealed = try document.sealed(to: [holder.certificate])
        #expect(sealed.isEncrypted && sealed.clear.isEmpty)
        _ = try holder.python("validate", sealed.xml)
        let lines = try holder.python("keys", sealed.xml, holder.keyFile).split(separator: "\n").map(String.init)
        #expect(lines.sorted() == document.clear.map { "\($0) \($1)" }.sorted())
        let read = try received(sealed.xml).document
        #expect(try read.opened(with: holder.privateKey).clear == document.clear)
        #expect(throws: CPIXError.self) { try read.opened(with: Holder.other.get().privateKey) }
        #expect(throws: CPIXError.self) { try read.sealed(to: [holder.certificate]) }
    }

    @Test func keysThatOthersEncryptedAreRead() throws {
        let document = try sample()
        let sealed = try holder.python("seal", document.xml, holder.certificateFile)
        let read = try received(sealed).document
        #expect(read.isEncrypted)
        #expect(try read.opened(with: holder.privateKey).clear == document.clear)
    }

    @Test func aMACIsVerifiedBeforeAnythingIsDecrypted() throws {
        let sealed = try sample().sealed(to: [holder.certificate])
        var changed = sealed
        guard case .encrypted(var ciphertext, let code) = changed.keys[1].value else { throw CPIXError("clear") }
        ciphertext[3] ^= 1
        changed.keys[1].value = .encrypted(ciphertext: ciphertext, code: code)
        #expect(throws: CPIXError("the MAC of key \(changed.keys[1].keyID) is wrong")) {
            try changed.opened(with: holder.privateKey)
        }
        ciphertext[3] ^= 1
        changed.keys[1].value = .encrypted(ciphertext: ciphertext, code: nil)
        #expect(throws: CPIXError("the MAC of key \(changed.keys[1].keyID) is missing")) {
            try changed.opened(with: holder.privateKey)
        }
        var bare = sealed
        bare.deliveries[0].macKey = nil
        #expect(throws: CPIXError.self) { try bare.opened(with: holder.privateKey) }
        var foreign = sealed
        foreign.deliveries = try sample().sealed(to: [holder.certificate]).deliveries
        #expect(throws: CPIXError.self) { try foreign.opened(with: holder.privateKey) }
    }

    @Test(arguments: KeyLabel.allCases) func labelsGoBothWays(label: KeyLabel) throws {
        var rule = CPIX.UsageRule(keyID: .random())
        rule.set(label)
        #expect(rule.label == label)
        // The filters alone say the same.
        rule.intendedTrackType = "something of their own"
        #expect(rule.label == label)
    }

    @Test(arguments: [
        ("SD+HD", KeyLabel.video), ("UHD1", .videoUHD), ("STEREO_AUDIO", .audio), ("SD+SD", .videoSD),
    ]) func typesOfSPEKEHaveLabels(type: String, label: KeyLabel) {
        #expect(CPIX.UsageRule(keyID: .random(), intendedTrackType: type).label == label)
        #expect(CPIX.UsageRule(keyID: .random(), intendedTrackType: "AUDIO+SD").label == nil)
    }
}
