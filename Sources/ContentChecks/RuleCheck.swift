public import AssetFiles
public import Catalog
import EncoderProtocol

/// Holds originals against the catalog's ingest rules.
public struct RuleCheck: IngestCheck {
    public let name = "rules"
    private let catalog: any CatalogEngine
    private let probe: any ContentProbe

    public init(catalog: any CatalogEngine, probe: any ContentProbe) {
        self.catalog = catalog
        self.probe = probe
    }

    public func verdict(on content: CheckedContent) async throws -> IngestVerdict? {
        let documents = try await catalog.ingestRules()
        guard !documents.isEmpty else { return nil }
        return Self.verdict(documents, try await probe.facts(of: content), name: content.name)
    }

    /// What rules say of what a probe saw. A name is what its sender chose: only what is no film is taken for subtitles.
    static func verdict(_ documents: [IngestRules], _ probed: Probed<MediaFacts>, name: String) -> IngestVerdict? {
        switch probed {
        case .found(let facts) where TextFiles.has(name) && facts.videos.isEmpty && facts.audios.isEmpty: return nil
        case .notMedia where TextFiles.has(name): return nil
        case .found(let facts): return verdict(documents, facts)
        case .notMedia(let reason), .unreadable(let reason):
            return IngestVerdict(
                documents.map(\.unreadable.outcome).max() ?? .rejected, documents.map { "\($0.name): \(reason)" })
        // It may be the machine's fault: nobody is refused for good by it.
        case .died(let reason): return IngestVerdict(.flagged, [reason])
        }
    }

    /// What rules say of facts.
    static func verdict(_ documents: [IngestRules], _ facts: MediaFacts) -> IngestVerdict {
        var verdict = IngestVerdict(.passed)
        for document in documents {
            for rule in document.rules where rule.conditions.allSatisfy({ $0.holds(of: facts) }) {
                verdict.outcome = max(verdict.outcome, rule.action.outcome)
                let found = rule.conditions.map { $0.finding(in: facts) }.joined(separator: ", ")
                verdict.reasons.append(
                    "\(document.name)/\(rule.name): " + (rule.message.map { "\($0) (\(found))" } ?? found))
            }
        }
        return verdict
    }
}

/// Files of subtitles: they are read when they are encoded, and no probe knows them.
enum TextFiles {
    static func has(_ name: String) -> Bool {
        ["vtt", "ttml", "dfxp", "xml", "srt"].contains { name.lowercased().hasSuffix(".\($0)") }
    }
}

extension IngestRules.Action {
    var outcome: CheckFinding.Outcome {
        switch self {
        case .warn: .warned
        case .flag: .flagged
        case .reject: .rejected
        }
    }
}

extension IngestCondition {
    func holds(of facts: MediaFacts) -> Bool {
        switch test {
        case .below(let fact, let bound): facts.values(of: fact).contains { $0 < bound }
        case .above(let fact, let bound): facts.values(of: fact).contains { $0 > bound }
        case .anyOf(let fact, let words): facts.words(of: fact).contains { words.contains($0) }
        case .otherThan(let fact, let words):
            // A container has several names, and is one thing.
            fact == .container
                ? !facts.words(of: fact).contains { words.contains($0) }
                : facts.words(of: fact).contains { !words.contains($0) }
        case .lacks(let fact, let words): words.contains { !facts.words(of: fact).contains($0) }
        }
    }

    /// The fact with its values, for people.
    func finding(in facts: MediaFacts) -> String {
        switch test {
        case .below(let fact, _), .above(let fact, _):
            let values = facts.values(of: fact).map { "\(($0 * 1000).rounded() / 1000)" }
            return "\(fact.rawValue) \(values.joined(separator: " and "))".replacing(".0", with: "")
        case .anyOf(let fact, _), .otherThan(let fact, _), .lacks(let fact, _):
            let words = facts.words(of: fact)
            return "\(fact.rawValue) \(words.isEmpty ? "none" : words.joined(separator: " and "))"
        }
    }
}

extension MediaFacts {
    func values(of fact: IngestCondition.Number) -> [Double] {
        switch fact {
        case .duration: [duration.isFinite ? duration : 0]
        case .width: videos.map { Double($0.width) }
        case .height: videos.map { Double($0.height) }
        case .frameRate: videos.map { $0.frameRate.isFinite ? $0.frameRate : 0 }
        case .bitDepth: videos.map { Double($0.bitDepth) }
        case .channels: audios.map { Double($0.channels) }
        case .sampleRate: audios.map { Double($0.sampleRate) }
        case .videoTracks: [Double(videos.count)]
        case .audioTracks: [Double(audios.count)]
        case .subtitleTracks: [Double(subtitles.count)]
        }
    }

    func words(of fact: IngestCondition.Word) -> [String] {
        let words: [String] =
            switch fact {
            case .container: containers
            case .videoCodec: videos.map(\.codec)
            case .audioCodec: audios.map(\.codec)
            case .subtitleCodec: subtitles.map(\.codec)
            case .colourPrimaries: videos.map(\.primaries)
            case .transfer: videos.map(\.transfer)
            case .matrix: videos.map(\.matrix)
            case .pixelFormat: videos.map(\.pixelFormat)
            case .scan: videos.map { $0.isInterlaced ? "interlaced" : "progressive" }
            case .audioLayout: audios.map(\.layout)
            case .audioLanguage: audios.map(\.language)
            case .subtitleLanguage: subtitles.map(\.language)
            }
        return words.map { String($0.prefix(64)).lowercased() }
    }
}
