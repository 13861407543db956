import ContentKeys
import Foundation
import HTTPSurface
import HTTPTypes
import Testing

@testable import KeyServiceHTTP

/// Licence requests of W3C Encrypted Media Extensions, 9.1.3, to the letter.
@Suite struct ClearKeyLicenceTests {
    private static let one = "AAECAwQFBgcICQoLDA0ODw"
    private static let two = "_-7dzLuqmYh3ZlVEMyIRAA"
    private static let keyIDs = [
        KeyID("00010203-0405-0607-0809-0a0b0c0d0e0f"), KeyID("ffeeddcc-bbaa-9988-7766-554433221100"),
    ].compactMap { $0 }

    private func read(_ text: String) throws(Problem) -> [KeyID] {
        try ClearKeyLicenceRequest(parsing: Array(text.utf8)).keyIDs
    }

    @Test(arguments: [
        #"{"kids":["AAECAwQFBgcICQoLDA0ODw","_-7dzLuqmYh3ZlVEMyIRAA"],"type":"temporary"}"#,
        #"{"type":"temporary","kids":["AAECAwQFBgcICQoLDA0ODw","_-7dzLuqmYh3ZlVEMyIRAA"]}"#,
        // As createSession() has it.
        #"{"kids":["AAECAwQFBgcICQoLDA0ODw","_-7dzLuqmYh3ZlVEMyIRAA"]}"#,
        // Repeated, as browsers do.
        #"{"kids":["AAECAwQFBgcICQoLDA0ODw","_-7dzLuqmYh3ZlVEMyIRAA","AAECAwQFBgcICQoLDA0ODw"]}"#,
        // Members that are not known.
        #"{"x":[{"kids":[]}],"kids":["AAECAwQFBgcICQoLDA0ODw","_-7dzLuqmYh3ZlVEMyIRAA"],"y":null}"#,
        "\n{ \"kids\" : [ \"AAECAwQFBgcICQoLDA0ODw\" ,\t\"\\u005f-7dzLuqmYh3ZlVEMyIRAA\" ] }\r\n",
    ])
    func requestsAreRead(text: String) throws {
        #expect(try read(text) == Self.keyIDs)
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "\"kids\"", "{", #"{"kids":[]}"#, #"{"kids":"AAECAwQFBgcICQoLDA0ODw"}"#,
        #"{"kids":[1]}"#, #"{"kids":[null]}"#, #"{"kids":[["AAECAwQFBgcICQoLDA0ODw"]]}"#, #"{"kids":{"a":1}}"#,
        // Padded, of the other alphabet, with white space, short, long, with bits that belong to no byte.
        #"{"kids":["AAECAwQFBgcICQoLDA0ODw=="]}"#, #"{"kids":["/+7dzLuqmYh3ZlVEMyIRAA"]}"#,
        #"{"kids":["AAECAwQFBgcICQoLDA0ODw "]}"#, #"{"kids":["AAECAwQFBgcICQoLDA0O"]}"#, #"{"kids":[""]}"#,
        #"{"kids":["AAECAwQFBgcICQoLDA0ODxA"]}"#, #"{"kids":["AAECAwQFBgcICQoLDA0ODx"]}"#,
        #"{"kids":["00010203-0405-0607-0809-0a0b0c0d0e0f"]}"#,
        // Twice, and with something behind.
        #"{"kids":["AAECAwQFBgcICQoLDA0ODw"],"kids":["_-7dzLuqmYh3ZlVEMyIRAA"]}"#,
        #"{"kids":["AAECAwQFBgcICQoLDA0ODw"]} x"#, #"{"kids":["AAECAwQFBgcICQoLDA0ODw"]}{}"#,
        "\u{FEFF}{\"kids\":[\"AAECAwQFBgcICQoLDA0ODw\"]}", #"{"kids":["AAECAwQFBgcICQoLDA0ODw",]}"#,
        #"{"kids":["AAECAwQFBgcICQoLDA0ODw"],"type":"Temporary"}"#, #"{"kids":["AAECAwQFBgcICQoLDA0ODw"],"type":1}"#,
        #"{"kids":["AAECAwQFBgcICQoLDA0ODw"],"type":null}"#, #"{"kids":["AAECAwQFBgcICQoLDA0ODw"],"type":""}"#,
    ])
    func malformedRequestsAreRefused(text: String) {
        let problem = #expect(throws: Problem.self) { try read(text) }
        #expect(problem?.status == .badRequest && problem?.code == "licenceRequestMalformed")
    }

    @Test(arguments: ["persistent-license", "persistent-usage-record"])
    func onlyTemporaryLicencesAreGiven(type: String) {
        let problem = #expect(throws: Problem.self) { try read(#"{"kids":["\#(Self.one)"],"type":"\#(type)"}"#) }
        #expect(problem?.status == .badRequest && problem?.code == "licenceTypeNotAvailable")
        #expect(problem?.choices == ["temporary"])
    }

    @Test func theTextIsInUTF8() {
        let text = #"{"kids":["AAECAwQFBgcICQoLDA0ODw"]}"#
        for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf32] {
            let bytes = Array(text.data(using: encoding) ?? Data())
            #expect(throws: Problem.self) { try ClearKeyLicenceRequest(parsing: bytes) }
        }
        #expect(throws: Problem.self) { try ClearKeyLicenceRequest(parsing: Array(text.utf8) + [0xFF]) }
    }

    @Test func theNumberOfKeysIsBounded() throws {
        func request(_ count: Int) -> String {
            #"{"kids":["# + Array(repeating: "\"\(Self.two)\"", count: count).joined(separator: ",") + "]}"
        }
        #expect(try read(request(64)) == [Self.keyIDs[1]])
        #expect(throws: Problem.self) { try read(request(65)) }
        #expect(throws: Problem.self) { try read(String(repeating: "[", count: 60_000)) }
    }

    /// Ten thousand damaged requests: a refusal or keys, never a trap.
    @Test func damagedRequestsAreRefused() {
        var generator = SeededGenerator(state: 0xC1EA_4CE5)
        let good = Array(#"{"kids":["\#(Self.one)","\#(Self.two)"],"type":"temporary"}"#.utf8)
        var (refused, read) = (0, 0)
        for _ in 0..<10_000 {
            do throws(Problem) {
                let keyIDs = try ClearKeyLicenceRequest(parsing: generator.mutated(good)).keyIDs
                #expect((1...64).contains(keyIDs.count) && Set(keyIDs).count == keyIDs.count)
                read += 1
            } catch {
                #expect(error.status == .badRequest)
                refused += 1
            }
        }
        #expect(refused > 8000 && refused + read == 10_000)
    }
}

/// A generator with a seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &self) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<6, using: &self) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &self)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &self)
            case 2: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...8, using: &self)))
            case 3: bytes.insert(contentsOf: Array("[{\"\\u".utf8), at: place)
            case 4: bytes = Array(bytes[..<place])
            default: bytes.insert(contentsOf: Array(bytes[place...].prefix(32)), at: place)
            }
        }
        return bytes
    }
}
