import ContentKeys
public import Markup
import MediaModel

/// A client manifest (`.ismc`) of Smooth Streaming ([MS-SSTR], 2.2.2): what players are told of the streams of a set.
public struct ClientManifest: Sendable, Hashable {
    struct Stream: Sendable, Hashable {
        var kind: ListedTrack.Kind
        var name: String?
        var language: String?
        var subtype: String?
        var position: String

        var role: ListedTrack.Role? { subtype.flatMap { ListedTrack.Role($0, kind) } }
        /// For people.
        var words: String { "\(kind.rawValue) stream" + (name.map { " '\($0.prefix(80))'" } ?? "") }
    }

    let streams: [Stream]
    /// What of it is passed over, with line and column.
    let notes: [String]

    /// The longest that is read, in bytes: a day in fragments of two seconds, in three streams.
    public static let longest = 16 << 20
    private static let limits: MarkupLimits = {
        var limits = MarkupLimits()
        limits.bytes = longest
        limits.elements = 200_000
        // [MS-SSTR], 2.2.2, knows sixteen of one element.
        limits.attributes = 32
        return limits
    }()
    /// Most streams that are read.
    private static let maximumStreams = 256

    /// - Throws: `MarkupError` with line and column when it is not such a manifest.
    public init(_ text: [UInt8]) throws(MarkupError) {
        let root = try ManifestText.markup(text, Self.limits).root
        guard root.name.local == "SmoothStreamingMedia" else {
            throw MarkupError(root.position, "a client manifest begins with 'SmoothStreamingMedia'")
        }
        let elements = root.children.filter { $0.name.local == "StreamIndex" }
        guard elements.count <= Self.maximumStreams else {
            throw MarkupError(root.position, "it has \(elements.count) streams")
        }
        var streams: [Stream] = []
        var notes: [String] = []
        for element in elements {
            guard let kind = element.attribute("Type").flatMap({ ListedTrack.Kind(rawValue: $0.lowercased()) }) else {
                notes.append("\(element.position): a stream is neither video nor audio nor text: passed over")
                continue
            }
            streams.append(Self.stream(element, kind, &notes))
        }
        self.streams = streams
        self.notes = notes
    }

    private static func stream(
        _ element: MarkupElement, _ kind: ListedTrack.Kind, _ notes: inout [String]
    ) -> Stream {
        func value(_ name: String) -> String? { element.attribute(name).flatMap { $0.isEmpty ? nil : $0 } }
        var stream = Stream(
            kind: kind, name: value("Name"), subtype: value("Subtype"), position: element.position.description)
        if let language = value("Language"), language.lowercased() != LanguageTag.undetermined {
            if LanguageTag.isTag(language) {
                stream.language = language
            } else {
                notes.append(
                    "\(element.position): Language '\(language.prefix(40))' of its \(stream.words) is no language: "
                        + "passed over")
            }
        }
        return stream
    }
}
