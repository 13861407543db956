import MediaModel
import Testing
import TrackCodecs

@Suite struct CodecStringTests {
    @Test func unknownCodecsAreRefused() {
        #expect(throws: TrackCodecError.self) {
            try TrackCodec("s263", fields: .video(width: 16, height: 16), children: [])
        }
    }
}
