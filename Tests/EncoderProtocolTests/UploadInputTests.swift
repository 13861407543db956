import EncoderProtocol
import Testing

/// What a job's input and the child's arguments say is the same value on both sides.
@Suite struct UploadInputTests {
    @Test func readsWhatItWrites() {
        let tracks: [[UploadedTrack]?] = [
            nil, [.init(.firstVideo)], [.init(.firstAudio), .init(.id(7))],
            [.init(.id(.max)), .init(.firstVideo), .init(.id(1))], [.init(.firstText), .init(.text(id: 3))],
            [.init(.firstAudio, language: "pt-BR", label: "Kommentar: „äöü“; 100 %,\tx=y\n", role: .commentary)],
            UploadedTrack.Role.allCases.map { .init(.text(id: 9), language: "deu", role: $0) },
            [.init(.id(1), label: String(repeating: "ü", count: 64))],
        ]
        for tracks in tracks {
            let input = UploadInput(path: "/films/a b,c.mp4", tracks: tracks)
            #expect(input != nil)
            #expect(input.flatMap { UploadInput(text: $0.text) } == input)
            #expect(input?.text.contains("\n") == false && input?.text.split(separator: "\t").count ?? 0 <= 2)
        }
    }

    @Test(arguments: CutRule.allCases, [nil, [UploadedTrack(.firstVideo)]])
    func rulesForCutsGoWithThem(rule: CutRule, tracks: [UploadedTrack]?) throws {
        var input = try #require(UploadInput(path: "/films/a.mp4", tracks: tracks))
        input.cut = rule
        #expect(UploadInput(text: input.text) == input)
    }

    /// Jobs that were queued by an earlier version.
    @Test func readsWhatWasAlwaysWritten() {
        #expect(
            UploadInput(text: "/a.ismv\tv,a,3")?.tracks == [.init(.firstVideo), .init(.firstAudio), .init(.id(3))])
    }

    @Test(arguments: [
        "", "\tv", "/a\t", "/a\tx", "/a\tv,", "/a\t-1", "/a\t4294967296", "/a\tv\ta", "/a\nb", "/a\tt-1", "/a\tv;",
        "/a\tv;language", "/a\tv;language=", "/a\tv;role=main", "/a\tv;label=a b", "/a\tv;label=%4", "/a\tv;label=%41",
        "/a\tv;label=%ff", "/a\tv;label=%C3%BC", "/a\tv;language=en;language=de", "/a\tv;size=3",
        "/a\tv\tlater\t", "/a\t\trefuse", "/a\t\t",
        "/a\tv;language=\(String(repeating: "x", count: 36))", "/a\tv;label=\(String(repeating: "x", count: 129))",
    ])
    func refusesAnythingElse(text: String) {
        #expect(UploadInput(text: text) == nil)
    }

    @Test func pathsThatCannotBeWrittenAreNone() {
        for path in ["", "/a\nb", "/a\tb"] { #expect(UploadInput(path: path) == nil) }
        #expect(UploadInput(path: "/a", tracks: []) == nil)
    }
}
