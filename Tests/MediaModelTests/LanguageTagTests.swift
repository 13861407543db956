import MediaModel
import Testing

@Suite struct LanguageTagTests {
    @Test(arguments: ["en", "eng", "pt-BR", "zh-Hans-CN", "de-1996", "EN-us"])
    func tags(text: String) { #expect(LanguageTag.isTag(text)) }

    @Test(arguments: ["", "e", "english", "en_US", "en-", "-en", "e1", "en-123456789", "dé", "en us", "../en"])
    func others(text: String) { #expect(!LanguageTag.isTag(text)) }

    @Test(arguments: [
        ("en", "eng"), ("ger", "deu"), ("de", "ger"), ("fr-FR", "fre"), ("en-us", "EN-US"), ("xyz", "XYZ"),
        ("en", "en-GB"),
    ])
    func agree(one: String, other: String) {
        #expect(LanguageTag.agree(one, other) && LanguageTag.agree(other, one))
    }

    @Test(arguments: [("en", "de"), ("en-US", "en-GB"), ("eng", "enm"), ("", "en")])
    func contradict(one: String, other: String) {
        #expect(!LanguageTag.agree(one, other) && !LanguageTag.agree(other, one))
    }

    @Test(arguments: ["", "a\nb", "a\u{85}b", "a\u{2028}b", String(repeating: "x", count: 129)])
    func labelsHaveLimits(label: String) {
        #expect(!TrackDescription.isLabel(label))
        var track = TrackDescription(
            name: "text", kind: .text,
            codec: CodecConfiguration(sampleEntry: "wvtt", decoderSpecific: [], codecString: "wvtt"), timescale: 1000,
            averageBitrate: 0, peakBitrate: 0, text: TextFormat(role: .subtitle))
        let before = track.defect
        track.label = label
        #expect(track.defect != nil && track.defect != before)
    }
}
