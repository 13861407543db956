import MediaModel
import Policies
import Testing

private func track(_ kind: TrackKind, height: Int? = nil) -> TrackDescription {
    TrackDescription(
        name: "t", kind: kind,
        codec: CodecConfiguration(sampleEntry: "avc1", decoderSpecific: [], codecString: "avc1"), timescale: 1000,
        averageBitrate: 1, peakBitrate: 1,
        video: height.map { VideoFormat(width: 16, height: $0, frameRateNumerator: 25, frameRateDenominator: 1) })
}

@Suite struct KeyLabelTests {
    @Test(arguments: [
        (576, KeyLabel.videoSD), (577, .videoHD), (720, .videoHD), (1080, .videoHD), (1081, .videoUHD), (0, .videoSD),
    ])
    func heightsChooseTheLabel(height: Int, expected: KeyLabel) {
        #expect(KeyLabel.covering(track(.video, height: height), among: Set(KeyLabel.allCases)) == expected)
    }

    @Test(arguments: [
        ([KeyLabel](), 720, KeyLabel.all), ([.all], 720, .all), ([.video], 720, .video), ([.video, .all], 720, .video),
        ([.videoHD, .video], 720, .videoHD), ([.videoSD, .video], 720, .video), ([.videoSD], 720, nil),
        ([.audio], 720, nil), ([.audio, .all], 720, .all),
    ])
    func theNarrowestLabelCovers(labels: [KeyLabel], height: Int, expected: KeyLabel?) {
        #expect(KeyLabel.covering(track(.video, height: height), among: Set(labels)) == expected)
    }

    @Test func audioIsNeverCoveredByVideo() {
        #expect(KeyLabel.covering(track(.audio), among: [.video, .videoHD]) == nil)
        #expect(KeyLabel.covering(track(.audio), among: [.video, .audio, .all]) == .audio)
        #expect(KeyLabel.covering(track(.audio), among: [.video, .all]) == .all)
        #expect(KeyLabel.covering(track(.audio), among: []) == .all)
    }
}
