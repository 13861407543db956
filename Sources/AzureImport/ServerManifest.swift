import ContentKeys
public import Markup

/// A server manifest (`.ism`) of Azure Media Services and Expression Encoder: SMIL that lists the files of an asset, which
/// of their tracks are meant, and what these are.
public struct ServerManifest: Sendable, Hashable {
    /// A file of the set, and its tracks.
    public struct Source: Sendable, Hashable {
        /// The name of a file beside the manifest.
        public var file: String
        public var tracks: [ListedTrack]

        public init(file: String, tracks: [ListedTrack]) {
            self.file = file
            self.tracks = tracks
        }
    }

    /// Each file once, in the manifest's order.
    public internal(set) var sources: [Source] = []
    /// The name of the client manifest beside it; nil when it names none, or none that can be there.
    public private(set) var clientManifest: String?
    /// What of it is passed over, with line and column where it stands.
    public internal(set) var notes: [String] = []

    private static let namespaces: Set<String?> = [nil, "http://www.w3.org/2001/SMIL20/Language"]
    /// Most entries that are read.
    private static let maximumEntries = 256

    /// - Throws: `MarkupError` with line and column when it is not such a manifest, names a file that is not beside it, or
    ///   lists neither video nor audio.
    public init(_ text: [UInt8]) throws(MarkupError) {
        let document = try ManifestText.markup(text)
        guard document.root.name.local == "smil", Self.namespaces.contains(document.root.name.namespace) else {
            throw MarkupError(document.root.position, "a server manifest begins with 'smil'")
        }
        var entries: [MarkupElement] = []
        document.root.visit { element in
            switch element.name.local {
            case "video", "audio", "textstream", "ref": entries.append(element)
            case "meta": takeMeta(element)
            default: break
            }
        }
        guard entries.count <= Self.maximumEntries else {
            throw MarkupError(document.root.position, "it lists \(entries.count) tracks")
        }
        for entry in entries { try take(entry) }
        guard sources.contains(where: { $0.tracks.contains { $0.kind != .text } }) else {
            throw MarkupError(document.root.position, "it lists neither video nor audio")
        }
    }

    private mutating func takeMeta(_ element: MarkupElement) {
        guard element.attribute("name")?.lowercased() == "clientmanifestrelativepath", clientManifest == nil,
            let path = element.attribute("content"), !path.isEmpty
        else { return }
        if Self.isPlain(path) {
            clientManifest = path
        } else {
            notes.append(
                "\(element.position): the client manifest must be a file beside the server manifest: not read")
        }
    }

    private mutating func take(_ entry: MarkupElement) throws(MarkupError) {
        guard let file = entry.attribute("src"), Self.isPlain(file) else {
            throw MarkupError(entry.position, "'src' must be the name of a file beside the manifest")
        }
        guard let kind = ListedTrack.Kind(element: entry.name.local) else {
            notes.append("\(entry.position): '\(file)' is neither video nor audio nor text: left out")
            return
        }
        let reading = EntryReading(entry, kind)
        let track = try reading.track()
        notes += reading.notes(of: file)
        if reading.isForShow { add(track, file, entry) }
    }

    private mutating func add(_ track: ListedTrack, _ file: String, _ entry: MarkupElement) {
        guard let index = sources.firstIndex(where: { $0.file == file }) else {
            sources.append(Source(file: file, tracks: [track]))
            return
        }
        guard let other = sources[index].tracks.first(where: { $0.isSame(as: track) }) else {
            sources[index].tracks.append(track)
            return
        }
        if other != track {
            notes.append(
                "\(entry.position): '\(file)' has \(track.words) listed before, as something else: what is first counts"
            )
        }
    }

    /// Whether it can only be a file in the same folder.
    private static func isPlain(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name != "." && name != ".."
            && name.unicodeScalars.allSatisfy { $0 != "/" && $0 != "\\" && $0.properties.generalCategory != .control }
    }
}
