import EncoderProtocol
import Testing

/// What a job's input and the child's arguments say is the same value on both sides.
@Suite struct UploadInputTests {
    @Test func readsWhatItWrites() {
        let tracks: [[UploadInput.Track]?] = [
            nil, [.firstVideo], [.firstAudio, .id(7)], [.id(.max), .firstVideo, .id(1)],
        ]
        for tracks in tracks {
            let input = UploadInput(path: "/films/a b,c.mp4", tracks: tracks)
            #expect(input != nil)
            #expect(input.flatMap { UploadInput(text: $0.text) } == input)
        }
    }

    @Test(arguments: ["", "\tv", "/a\t", "/a\tx", "/a\tv,", "/a\t-1", "/a\t4294967296", "/a\tv\ta", "/a\nb"])
    func refusesAnythingElse(text: String) {
        #expect(UploadInput(text: text) == nil)
    }

    @Test func pathsThatCannotBeWrittenAreNone() {
        for path in ["", "/a\nb", "/a\tb"] { #expect(UploadInput(path: path) == nil) }
        #expect(UploadInput(path: "/a", tracks: []) == nil)
    }
}
