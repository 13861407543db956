import Foundation
import TestSupport
import Testing

/// What lies between sender and server may answer anything: no upload is lost by it, and no key forgotten that is still needed.
@Suite(.serialized, .waiting) struct MeddledUploadTests {
    fileprivate static let megabyte = 1 << 20
    private static let tus = ["Tus-Resumable": "1.0.0"]

    /// A server, something in front of it, and a file.
    private final class Way {
        let site: OriginalSite
        let proxy: StandIn
        let path: String

        init(_ content: Data? = nil) throws {
            let site = try OriginalSite()
            self.site = site
            proxy = try StandIn("Delivery/meddling_proxy.py") {
                try Data(site.server.admin.utf8).write(to: $0.appendingPathComponent("server"))
            }
            path = try site.data.folder.write(
                "source.bin", content ?? OriginalSite.content(3 * MeddledUploadTests.megabyte + 5))
        }

        func meddle(_ rules: [String: Any]...) throws {
            try JSONSerialization.data(withJSONObject: rules).write(to: proxy.folder.appendingPathComponent("rules"))
        }

        func add(_ more: String...) throws -> Outcome {
            try run(
                Programs.own("keyway"), ["asset", "file", "add", "film", path, "--json"] + more,
                environment: site.environment(proxy.address))
        }

        var memory: [String] {
            let folder = site.data.folder.path + "/state/keyway/uploads"
            return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).map { folder + "/" + $0 }
        }

        var sha256: String {
            get throws { String(try run(Programs.outside("sha256sum"), [path]).text.prefix(64)) }
        }

        func isWhole(_ name: String = "source.bin") throws -> Bool {
            try site.state(of: name) == "ready" && site.file(name)?["sha256"] as? String == sha256
        }
    }

    private static func rule(_ method: String, times: Int = 1, _ status: Int, _ headers: [String: String]) -> [String:
        Any]
    {
        ["method": method, "times": times, "path": "/v1/uploads/", "answer": [status, headers] as [Any]]
    }

    @Test func anOffsetThatCannotBeIsRefused() throws {
        let way = try Way()
        // Nothing of it arrives, and the upload is remembered.
        try way.meddle(Self.rule("PATCH", 204, Self.tus.merging(["Upload-Offset": "\(5 * Self.megabyte)"]) { $1 }))
        let first = try way.add("--encrypt")
        #expect(first.status == 70 && first.errors.contains("still remembered"), "\(first.errors)")
        let memory = way.memory
        #expect(memory.count == 1)
        let kept = try Data(contentsOf: URL(fileURLWithPath: try #require(memory.first)))
        let beyond = "\(3 * Self.megabyte + 6)"
        try way.meddle(Self.rule("HEAD", 200, Self.tus.merging(["Upload-Offset": beyond]) { $1 }))
        #expect(try way.add("--encrypt").status == 70)
        // Larger than any number here: as if it were not there, which is tried again.
        try way.meddle(
            Self.rule("HEAD", times: 2, 200, Self.tus.merging(["Upload-Offset": "18446744073709551615"]) { $1 }),
            Self.rule("PATCH", 204, Self.tus.merging(["Upload-Offset": "9223372036854775808"]) { $1 }))
        #expect(try Data(contentsOf: URL(fileURLWithPath: memory[0])) == kept)
        let last = try way.add("--encrypt")
        #expect(last.status == 0, "\(last.errors)")
        #expect(try way.proxy.log().count == 5 && way.isWhole() && way.memory.isEmpty)
    }

    /// Who is told that all has arrived asks the server for the file before it forgets the key.
    @Test func whatHasNotArrivedIsNotForgotten() throws {
        let way = try Way()
        let all = "\(3 * Self.megabyte + 5)"
        try way.meddle(Self.rule("PATCH", 204, Self.tus.merging(["Upload-Offset": all]) { $1 }))
        let first = try way.add("--encrypt")
        #expect(first.status == 69 && first.errors.contains("still arriving"), "\(first.errors)")
        #expect(way.memory.count == 1)
        #expect(try way.add("--encrypt").status == 0)
        #expect(try way.isWhole() && way.memory.isEmpty)
    }

    /// Answers that do not say that they are of the server's uploads end nothing; nor does one that says nothing new.
    @Test func whatSomethingInBetweenSaysIsTriedAgain() throws {
        let way = try Way()
        try way.meddle(
            Self.rule("HEAD", 404, [:]), Self.rule("HEAD", 200, [:]), Self.rule("HEAD", 200, Self.tus),
            Self.rule("PATCH", 404, [:]),
            Self.rule("PATCH", times: 2, 204, Self.tus.merging(["Upload-Offset": "0"]) { $1 }))
        let sent = try way.add("--encrypt")
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(try way.proxy.log().count == 6 && way.isWhole() && way.memory.isEmpty)
        // One upload took it all.
        #expect(Set(way.proxy.log().compactMap { $0.split(separator: " ").last }).count == 1)
    }

    /// A refusal of something in between ends no upload of which only this machine has the key.
    @Test func anUploadThatWasNotEndedIsRemembered() throws {
        let way = try Way()
        try way.meddle(Self.rule("PATCH", 403, [:]))
        #expect(try way.add("--encrypt").status == 77)
        try way.meddle(Self.rule("DELETE", 403, Self.tus))
        let kept = try Data(contentsOf: URL(fileURLWithPath: try #require(way.memory.first)))
        #expect(try way.add("--encrypt", "--restart").status == 77)
        #expect(try way.memory.map { try Data(contentsOf: URL(fileURLWithPath: $0)) } == [kept])
        // Nor is it when another cannot be begun.
        try way.meddle([
            "method": "POST", "times": 1, "path": "/v1/uploads", "answer": [403, [String: String]()] as [Any],
        ])
        #expect(try way.add("--encrypt", "--restart").status == 77)
        #expect(try way.memory.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }.contains(kept))
        #expect(try way.add("--encrypt").status == 0)
        #expect(try way.isWhole() && way.memory.isEmpty)
    }

    /// What is sent as it is is known again by the word that its sender wrote down.
    @Test func aBeginningThatNobodyHeardOfGoesOn() throws {
        let way = try Way()
        try way.meddle(["method": "POST", "times": 1, "path": "/v1/uploads", "drop": true])
        #expect(try way.add().status == 69)
        #expect(try way.site.state(of: "source.bin") == "uploading" && way.memory.count == 1)
        #expect(try way.add().status == 0)
        #expect(try way.isWhole() && way.memory.isEmpty)
    }

    /// Encrypted here it goes on under the same key, which was written down with the word: the same bytes go under it again.
    @Test func aSealedBeginningThatNobodyHeardOfGoesOn() throws {
        let way = try Way()
        try way.meddle(["method": "POST", "times": 1, "path": "/v1/uploads", "drop": true])
        #expect(try way.add("--encrypt").status == 69)
        #expect(try way.site.state(of: "source.bin") == "uploading")
        let note = try #require(way.memory.first)
        #expect(try FileManager.default.attributesOfItem(atPath: note)[.posixPermissions] as? Int == 0o600)
        let sent = try way.add("--encrypt")
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(try way.isWhole() && way.memory.isEmpty)
    }

    /// Of parts that go side by side each has a word: none is begun twice.
    @Test(arguments: [[], ["--encrypt"]]) func partsThatNobodyHeardOfGoOn(form: [String]) throws {
        let way = try Way()
        func add() throws -> Outcome {
            try run(
                Programs.own("keyway"), ["asset", "file", "add", "film", way.path, "--parallel", "3"] + form,
                environment: way.site.environment(way.proxy.address))
        }
        try way.meddle(
            ["method": "POST", "times": 1, "path": "/v1/uploads"],
            ["method": "POST", "times": 1, "path": "/v1/uploads", "drop": true])
        #expect(try add().status == 69)
        let sent = try add()
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(try way.isWhole() && way.memory.isEmpty)
        let begun = try way.site.data.must("audit", "tail", "-n", "1000").text.components(
            separatedBy: "partial upload of")
        #expect(begun.count - 1 == 3)
    }

    /// A key that was written down is of one content: another one that comes to lie in its place gets another key, and so another
    /// attempt.
    @Test func aSealedBeginningOfOtherContentIsEndedByRestart() throws {
        let way = try Way()
        try way.meddle(["method": "POST", "times": 1, "path": "/v1/uploads", "drop": true])
        #expect(try way.add("--encrypt").status == 69)
        let kept = try Data(contentsOf: URL(fileURLWithPath: try #require(way.memory.first)))
        var content = try Data(contentsOf: URL(fileURLWithPath: way.path))
        content[0] ^= 1
        try content.write(to: URL(fileURLWithPath: way.path))
        let refused = try way.add("--encrypt")
        #expect(refused.status == 73 && refused.errors.contains("--restart"), "\(refused.errors)")
        let key = { (note: Data) in
            (try? JSONSerialization.jsonObject(with: note) as? [String: Any])?["key"] as? String
        }
        let later = try Data(contentsOf: URL(fileURLWithPath: try #require(way.memory.first)))
        #expect(key(kept) != nil && key(later) != nil && key(kept) != key(later))
        let anew = try way.add("--encrypt", "--restart")
        #expect(anew.status == 0, "\(anew.errors)")
        #expect(try way.isWhole() && way.memory.isEmpty)
        let events = try way.site.data.must("audit", "tail").text
        #expect(events.contains("source.bin, which was still arriving"))
    }

    /// Its parts are gone, so whoever looks for them alone would send everything again.
    @Test func aJoinThatNobodyHeardOfWasDone() throws {
        let way = try Way()
        let join: [String: Any] = [
            "method": "POST", "times": 1, "path": "/v1/uploads", "header": "Upload-Concat", "drop": true,
        ]
        // The parts say 'Upload-Concat', too: two of them, then what joins them.
        let pass: [String: Any] = [
            "method": "POST", "times": 2, "path": "/v1/uploads", "header": "Upload-Concat",
        ]
        try way.meddle(pass, join)
        let sent = try way.add("--encrypt", "--parallel", "2")
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(try way.proxy.log().count == 3 && way.isWhole() && way.memory.isEmpty)
    }

    /// What is left of a run that sent it in the other form, or of one that died as it wrote, goes with the rest.
    @Test func restartEndsBothForms() throws {
        let way = try Way()
        try way.meddle(Self.rule("PATCH", 403, [:]))
        #expect(try way.add().status == 77)
        let plain = try #require(way.memory.first)
        try Data("a key".utf8).write(to: URL(fileURLWithPath: plain + ".of-a-run-that-died"))
        #expect(try way.add("--encrypt").status == 73)
        let sent = try way.add("--encrypt", "--restart")
        #expect(sent.status == 0, "\(sent.errors)")
        #expect(try way.isWhole() && way.memory.isEmpty)

        // Begun under one name, and then brought by somebody else under another.
        try way.site.data.must("asset", "file", "delete", "film", "source.bin")
        try way.meddle(Self.rule("PATCH", 403, [:]))
        #expect(try way.add("--encrypt").status == 77)
        #expect(try way.add("--encrypt", "--name", "other.bin").status == 0)
        #expect(try way.site.state(of: "source.bin") == "uploading")
        let known = try way.add("--encrypt")
        #expect(try known.json()["sent"] as? Bool == false)
        #expect(try way.site.file("source.bin") == nil && way.memory.isEmpty)
    }

    @Test func itIsSaidWhenNothingIsEncrypted() throws {
        let way = try Way(Data("little".utf8))
        let key = String(repeating: "ab", count: 32)
        let wrong = try way.add("--upload-key", key)
        #expect(wrong.status == 64 && wrong.errors.contains("--encrypt"))
        var environment = way.site.environment()
        environment["KEYWAY_UPLOAD_KEY"] = key
        let sent = try run(
            Programs.own("keyway"), ["asset", "file", "add", "film", way.path], environment: environment)
        #expect(sent.status == 0 && sent.errors.contains("KEYWAY_UPLOAD_KEY is set"), "\(sent.errors)")
        #expect(try !way.add("--name", "again", "--again").errors.contains("KEYWAY_UPLOAD_KEY"))
    }
}
