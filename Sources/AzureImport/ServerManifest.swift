import ContentKeys
public import Markup

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A server manifest (`.ism`) of Azure Media Services and Expression Encoder: SMIL that lists the files of an asset and
/// which of their tracks are meant.
public struct ServerManifest: Sendable, Hashable {
    public struct Source: Sendable, Hashable {
        /// The name of a file beside the manifest.
        public var file: String
        public var tracks: [Track]

        public init(file: String, tracks: [Track]) {
            self.file = file
            self.tracks = tracks
        }
    }

    public enum Track: Sendable, Hashable {
        case video(id: UInt32?)
        case audio(id: UInt32?)
    }

    /// Each file once, in the manifest's order.
    public private(set) var sources: [Source] = []
    /// What is listed and is neither video nor audio: file names.
    public private(set) var leftOut: [String] = []

    private static let namespaces: Set<String?> = [nil, "http://www.w3.org/2001/SMIL20/Language"]
    /// Most entries that are read.
    private static let maximumEntries = 256

    /// - Throws: `MarkupError` with line and column when it is not such a manifest, names a file that is not beside it, or
    ///   names none.
    public init(_ text: [UInt8]) throws(MarkupError) {
        let document = try ExportDocument.markup(text)
        guard document.root.name.local == "smil", Self.namespaces.contains(document.root.name.namespace) else {
            throw MarkupError(document.root.position, "a server manifest begins with 'smil'")
        }
        var entries: [MarkupElement] = []
        document.root.visit { element in
            if ["video", "audio", "textstream", "ref"].contains(element.name.local) { entries.append(element) }
        }
        guard entries.count <= Self.maximumEntries else {
            throw MarkupError(document.root.position, "it lists \(entries.count) tracks")
        }
        for entry in entries { try take(entry) }
        guard !sources.isEmpty else { throw MarkupError(document.root.position, "it lists neither video nor audio") }
    }

    private mutating func take(_ entry: MarkupElement) throws(MarkupError) {
        guard let file = entry.attribute("src"), Self.isPlain(file) else {
            throw MarkupError(entry.position, "'src' must be the name of a file beside the manifest")
        }
        let id = try Self.trackID(of: entry)
        let track: Track
        switch entry.name.local {
        case "video": track = .video(id: id)
        case "audio": track = .audio(id: id)
        default:
            leftOut.append(file)
            return
        }
        if let index = sources.firstIndex(where: { $0.file == file }) {
            if !sources[index].tracks.contains(track) { sources[index].tracks.append(track) }
        } else {
            sources.append(Source(file: file, tracks: [track]))
        }
    }

    private static func trackID(of entry: MarkupElement) throws(MarkupError) -> UInt32? {
        let parameter = entry.children.first {
            $0.name.local == "param" && $0.attribute("name")?.lowercased() == "trackid"
        }
        guard let parameter else { return nil }
        guard let text = parameter.attribute("value"), let id = UInt32(text), id > 0 else {
            throw MarkupError(parameter.position, "'trackID' is not a number")
        }
        return id
    }

    /// Whether it can only be a file in the same folder.
    private static func isPlain(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x2F && $0 != 0x5C && $0 != 0x7F }
    }
}
