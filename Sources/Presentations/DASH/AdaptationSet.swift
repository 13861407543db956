import ContentKeys
import Markup
import MediaModel

/// An AdaptationSet (ISO/IEC 23009-1, 5.3.3): tracks between which a player may switch as it plays, so of one kind,
/// language, label and kind of codec, and under one key (DASH-IF IOP, part 6, 7.7.8).
struct AdaptationSet {
    let tracks: [PresentedTrack]
    private let first: PresentedTrack
    /// Nil where segments of the tracks begin at different times.
    private let timeline: SegmentTimeline?
    /// What plays unless the viewer or the player wants otherwise.
    private var isMain = false
    /// By their ids, the sets that differ from this one by their key alone: players may switch to them as within the set.
    private var switchable: [Int] = []

    private init(first: PresentedTrack, others: [PresentedTrack]) {
        self.first = first
        tracks = [first] + others
        let timeline = SegmentTimeline(first)
        self.timeline = others.allSatisfy { SegmentTimeline($0) == timeline } ? timeline : nil
    }

    /// The sets in order; the place of each is its id.
    static func sets(of presentation: Presentation) -> [AdaptationSet] {
        var rest = TrackKind.allCases.filter { $0 != .image }.flatMap(presentation.tracks)
        var sets: [AdaptationSet] = []
        while let first = rest.first {
            sets.append(AdaptationSet(first: first, others: rest.dropFirst().filter(first.switches)))
            rest = rest.dropFirst().filter { !first.switches(with: $0) }
        }
        for number in sets.indices {
            sets[number].switchable = sets.indices.filter { $0 != number && sets[number].switches(to: sets[$0]) }
        }
        for kind in TrackKind.allCases {
            let ofKind = sets.indices.filter { sets[$0].first.description.kind == kind }
            let main = ofKind.first { sets[$0].tracks.contains(where: \.isDefault) } ?? ofKind.first
            // Players adapt among sets of one role: what can take the main one's place is main, too.
            if let main { for number in [main] + sets[main].switchable { sets[number].isMain = true } }
        }
        return sets
    }

    /// Whether another set differs by its key alone. Its segments must begin when this one's do: sets that players switch
    /// between are as aligned as either says of itself (5.3.3.5).
    private func switches(to other: AdaptationSet) -> Bool {
        first.protectionOfSet != nil && other.first.protectionOfSet != nil && timeline != nil
            && timeline == other.timeline && first.isAlike(other.first)
    }

    /// A value that all tracks have, or nil.
    private func common<Value: Equatable>(_ value: (PresentedTrack) -> Value?) -> Value? {
        guard let shared = value(first), tracks.allSatisfy({ value($0) == shared }) else { return nil }
        return shared
    }

    private var addresses: SegmentAddresses? { common { SegmentAddresses($0) } }

    /// - Parameter start: of the presentation, in microseconds.
    func element(id: Int, _ profile: DASHProfile, start: UInt64) -> XMLElement {
        var element = XMLElement("AdaptationSet")
        element.set("id", id)
        element.set("profiles", profile.setProfiles)
        element.set("contentType", first.description.kind.rawValue)
        element.set(
            "mimeType", (first.description.kind == .text ? "application" : first.description.kind.rawValue) + "/mp4")
        element.set("lang", first.languageTag)
        element.set("segmentAlignment", timeline == nil ? "false" : "true")
        // 3: a key frame comes first, and pictures that are shown before it need the segment before (ISO/IEC 14496-12, I.2.2).
        element.set("startWithSAP", tracks.contains(where: \.hasOpenSegments) ? 3 : 1)
        if let audio = commonAudio { element.append(CodecDescriptors.channels(of: audio)) }
        if let protection = first.commonProtection { element.append(ContentProtection.elements(protection)) }
        element.append(CodecDescriptors.properties(of: first.description))
        element.append(switching)
        if let label = first.shownLabel { element.append(XMLElement("Label", text: label)) }
        element.append(accessibility)
        var role = XMLElement("Role")
        role.set("schemeIdUri", "urn:mpeg:dash:role:2011")
        role.set("value", roleName)
        element.append(role)
        if let timeline {
            element.append(SegmentTemplate.element(timescale: timeline.timescale, start: start, addresses, timeline))
        }
        for track in tracks { element.append(representation(of: track, start: start)) }
        return element
    }

    private func representation(of track: PresentedTrack, start: UInt64) -> XMLElement {
        let description = track.description
        var element = XMLElement("Representation")
        element.set("id", description.name)
        element.set("bandwidth", max(1, track.peakBitrate))
        element.set("codecs", description.codec.codecString)
        if let video = description.video {
            element.set("width", video.width)
            element.set("height", video.height)
            element.set("frameRate", Self.frameRate(video))
            element.set("sar", CodecDescriptors.sampleAspectRatio(of: video))
        }
        if let audio = description.audio { element.set("audioSamplingRate", audio.sampleRate) }
        if let supplemental = description.codec.supplemental {
            element.set("scte214:supplementalCodecs", supplemental.codecString)
            element.set("scte214:supplementalProfiles", supplemental.brand.description)
        }
        if commonAudio == nil, let audio = description.audio {
            element.append(CodecDescriptors.channels(of: audio))
        }
        if case .envelope(let own) = track.protection { element.append(SegmentEncryption.element(own, of: track)) }
        if timeline == nil || addresses == nil {
            let own = SegmentTimeline(track)
            element.append(
                SegmentTemplate.element(
                    timescale: own.timescale, start: start,
                    // Without a common timeline the set has no template to have the addresses from.
                    timeline == nil || addresses == nil ? SegmentAddresses(track) : nil, timeline == nil ? own : nil))
        }
        return element
    }

    /// What all tracks say alike of their channels.
    private var commonAudio: AudioFormat? {
        common { track in
            track.description.audio.map { audio in
                // Rates may differ between tracks of a set.
                AudioFormat(
                    sampleRate: 0, channelCount: audio.channelCount, channelConfiguration: audio.channelConfiguration,
                    dolbyChannels: audio.dolbyChannels)
            }
        }
    }

    /// Adaptation Set Switching (5.3.3.5).
    private var switching: XMLElement? {
        guard !switchable.isEmpty else { return nil }
        var element = XMLElement("SupplementalProperty")
        element.set("schemeIdUri", "urn:mpeg:dash:adaptation-set-switching:2016")
        element.set("value", switchable.map(String.init).joined(separator: ","))
        return element
    }

    private var accessibility: XMLElement? {
        guard first.description.audioRole == .description else { return nil }
        // TV-Anytime: for the visually impaired (ETSI TS 103 285, table 7).
        var element = XMLElement("Accessibility")
        element.set("schemeIdUri", "urn:tva:metadata:cs:AudioPurposeCS:2007")
        element.set("value", "1")
        return element
    }

    private var roleName: String {
        if let text = first.description.text { return Self.role(text) }
        return first.description.audioRole?.rawValue ?? (isMain ? "main" : "alternate")
    }

    /// What text is for, in the words of 5.8.5.5.
    private static func role(_ text: TextFormat) -> String {
        switch text.role {
        case .subtitle: "subtitle"
        case .caption: "caption"
        case .forced: "forced-subtitle"
        }
    }

    private static func frameRate(_ video: VideoFormat) -> String {
        video.frameRateDenominator == 1
            ? "\(video.frameRateNumerator)" : "\(video.frameRateNumerator)/\(video.frameRateDenominator)"
    }
}

extension PresentedTrack {
    /// Whether a descriptor of the track has `mspr:pro`, whose namespace must then be there.
    var hasPlayReadyObject: Bool {
        commonProtection?.systems.contains { $0.playReadyObject != nil } ?? false
    }

    var isEnveloped: Bool {
        if case .envelope = protection { true } else { false }
    }

    fileprivate var commonProtection: CommonProtection? {
        if case .common(let common) = protection { common } else { nil }
    }

    /// What all tracks of a set have: a player sets its decryption up for a whole one. Nil for a clear track.
    fileprivate var protectionOfSet: ProtectionOfSet? {
        switch protection {
        case .envelope(let envelope): .envelope(envelope.keyID)
        case .common(let common): .common(common.scheme, common.keyID, common.systems)
        case nil: nil
        }
    }

    /// Tracks under one key, or in the clear, that are alike.
    fileprivate func switches(with other: PresentedTrack) -> Bool {
        protectionOfSet == other.protectionOfSet && isAlike(other)
    }

    /// Whether tracks are one content in one kind of codec, encrypted in one way or not at all.
    fileprivate func isAlike(_ other: PresentedTrack) -> Bool {
        description.kind == other.description.kind && description.language == other.description.language
            && description.codec.sampleEntry == other.description.codec.sampleEntry && label == other.label
            && description.text == other.description.text && description.audioRole == other.description.audioRole
            && commonProtection?.scheme == other.commonProtection?.scheme && isEnveloped == other.isEnveloped
            && CodecDescriptors.propertyValues(of: description)
                == CodecDescriptors.propertyValues(of: other.description)
    }
}

/// What descriptors say of a set's protection. Of crypto periods it is the first; a track's constant IV is not said.
private enum ProtectionOfSet: Equatable {
    case envelope(KeyID)
    case common(CommonProtection.Scheme, KeyID, [ProtectionSystemSignal])
}
