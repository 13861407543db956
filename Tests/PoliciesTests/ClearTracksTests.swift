import Foundation
import MediaModel
import Policies
import Testing

/// Tracks that a policy which encrypts leaves in the clear: those that it names, and no others.
@Suite struct ClearTracksTests {
    private static let tracks = [
        "sound": track(.audio), "sd": track(.video, height: 576), "hd": track(.video, height: 1080),
        "uhd": track(.video, height: 2160), "text": track(.text),
    ]

    private static func track(_ kind: TrackKind, height: Int? = nil) -> TrackDescription {
        TrackDescription(
            name: "t", kind: kind,
            codec: CodecConfiguration(sampleEntry: "avc1", decoderSpecific: [], codecString: "avc1"), timescale: 1000,
            averageBitrate: 1, peakBitrate: 1,
            video: height.map { VideoFormat(width: 16, height: $0, frameRateNumerator: 25, frameRateDenominator: 1) })
    }

    private func policy(
        _ encryption: DeliveryEncryption = .cenc, keys: Set<KeyLabel>, clear: Set<KeyLabel>,
        _ protocols: Set<StreamingProtocol> = [.dash]
    ) -> DeliveryPolicy {
        DeliveryPolicy(
            name: "d", protocols: protocols, encryption: encryption, keyLabels: keys, clearLabels: clear)
    }

    @Test(
        arguments: [
            ([.video], [.audio], ["sound"], ["sd": "video", "hd": "video", "uhd": "video"]),
            ([.all], [.audio], ["sound"], ["sd": "all", "hd": "all", "uhd": "all"]),
            ([], [.audio], ["sound"], ["sd": "all", "hd": "all", "uhd": "all"]),
            ([.all], [.videoSD], ["sd"], ["sound": "all", "hd": "all", "uhd": "all"]),
            ([.video], [.videoSD, .audio], ["sd", "sound"], ["hd": "video", "uhd": "video"]),
            // The narrower label rules.
            ([.videoUHD], [.all], ["sound", "sd", "hd"], ["uhd": "video-uhd"]),
            ([.video], [], [], ["sd": "video", "hd": "video", "uhd": "video"]),
            ([.video], [.videoSD], ["sd"], ["hd": "video", "uhd": "video"]),
        ] as [(Set<KeyLabel>, Set<KeyLabel>, Set<String>, [String: String])])
    func theNarrowestLabelRules(keys: Set<KeyLabel>, clear: Set<KeyLabel>, open: Set<String>, held: [String: String]) {
        let policy = policy(keys: keys, clear: clear)
        #expect(Set(Self.tracks.filter { policy.leavesClear($0.value) }.keys) == open)
        #expect(Self.tracks.compactMapValues { policy.keyLabel(of: $0)?.rawValue } == held)
    }

    /// Where nothing is encrypted, nothing is named.
    @Test(arguments: [DeliveryEncryption.none, .blocked]) func onlyBesidesEncryption(encryption: DeliveryEncryption) {
        let policy = policy(encryption, keys: [.all], clear: [.audio])
        #expect(!Self.tracks.values.contains(where: policy.leavesClear))
        #expect(DeliveryPlan.clearTracks(by: .dash, under: [policy]).isEmpty)
    }

    @Test func plansTellTracksApart() throws {
        let policies = [policy(keys: [.all], clear: [.audio]), policy(.cbcs, keys: [], clear: [])]
        let plans = DeliveryPlan.clearTracks(by: .dash, under: policies)
        let plan = try #require(plans.first)
        #expect(plans.count == 1 && plan.encryption == .none && plan.times == .whole)
        let (sound, pictures) = (try #require(Self.tracks["sound"]), try #require(Self.tracks["hd"]))
        #expect(DeliveryPlan.decide(sound, under: plan) == .allowed(plan))
        let shown = DeliveryPlan.decide(pictures, under: plan)
        guard case .allowed(let closed) = shown else { throw CancellationError() }
        #expect(closed != plan && closed.encryption == .cenc)
        #expect(DeliveryPlan.clearTracks(by: .hls, under: policies).isEmpty)
        let blocked = DeliveryPolicy(name: "b", protocols: [.dash], encryption: .blocked)
        #expect(DeliveryPlan.clearTracks(by: .dash, under: policies + [blocked]).isEmpty)
    }

    /// What one policy of a locator leaves in the clear, another encrypts in vain: they contradict each other.
    @Test func policiesAreOfOneMind() {
        let (open, closed) = (
            policy(keys: [.video], clear: [.audio]), policy(.cbcs, keys: [.video, .audio], clear: [])
        )
        #expect(DeliveryPlan.conflict(in: [open, closed])?.isOverClearTracks == true)
        let alike = policy(.cbcs, keys: [.all], clear: [.audio])
        #expect(DeliveryPlan.conflict(in: [open, alike]) == nil)
        #expect(DeliveryPlan.conflict(in: [open, policy(.cbcs, keys: [.video, .audio], clear: [], [.hls])]) == nil)
    }

    /// Records of before there was a choice mean what they meant.
    @Test func oldRecordsAreRead() throws {
        let old = #"{"name":"d","protocols":["dash"],"encryption":"cenc","keyLabels":["video"]}"#
        var policy = try JSONDecoder().decode(DeliveryPolicy.self, from: Data(old.utf8))
        #expect(policy.clearLabels.isEmpty)
        #expect(!String(decoding: try JSONEncoder().encode(policy), as: UTF8.self).contains("clear"))
        policy.clearLabels = [.audio]
        #expect(try JSONDecoder().decode(DeliveryPolicy.self, from: JSONEncoder().encode(policy)) == policy)
    }
}
