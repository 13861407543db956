import ISOBaseMedia
import MediaModel

/// What a `trak` says of itself, apart from its samples (ISO/IEC 14496-12, 8.3 and 8.4).
struct MovieTrackHeader: Sendable {
    let box: BoxPlace
    let id: UInt32
    let handler: FourCC
    /// Units per second of its media.
    let timescale: UInt32
    /// RFC 5646; `und` when it is not known.
    private(set) var language: String
    /// Of sound, as a `kind` box says it; nil for the sound of the pictures.
    private(set) var audioRole: AudioRole?
    /// What only the list of a set says.
    private(set) var label: String?
    private(set) var textRole: TextFormat.Role?
    /// How far pictures are turned clockwise, in degrees; nil when they are changed in another way.
    let degrees: Int?
    /// Empty without `edts`.
    let edits: [EditListBox.Entry]
    let editList: BoxPlace?
    let information: BoxPlace

    init(_ box: BoxPlace, in source: any MovieSource) throws(MovieError) {
        self.box = box
        let children = try box.children(in: source)
        let header = try children.only("tkhd", in: box).read(TrackHeaderBox.self, from: source)
        id = header.trackID
        guard id != 0 else { throw box.error(.damaged, "its id is zero") }
        degrees = header.matrix.degrees
        let media = try children.only("mdia", in: box)
        let parts = try media.children(in: source)
        let mediaHeaderBox = try parts.only("mdhd", in: media)
        let mediaHeader = try mediaHeaderBox.read(MediaHeaderBox.self, from: source)
        timescale = mediaHeader.timescale
        guard timescale > 0 else { throw mediaHeaderBox.error(.damaged, "the timescale of track \(id) is zero") }
        handler = try parts.only("hdlr", in: media).read(HandlerBox.self, from: source).handler
        var language = mediaHeader.language
        if let extended = parts.first("elng") {
            let tag = try extended.read(ExtendedLanguageBox.self, from: source).tag
            if Self.isTag(tag) { language = tag }
        }
        self.language = language
        audioRole = try Self.audioRole(children.first("udta"), source)
        editList = try children.first("edts")?.children(in: source).first("elst")
        edits = try editList?.read(EditListBox.self, from: source).entries ?? []
        information = try parts.only("minf", in: media)
    }

    /// A role of DASH in `kind` (ISO/IEC 14496-12, 8.10.4); boxes that cannot be read say nothing.
    private static func audioRole(
        _ box: BoxPlace?, _ source: any MovieSource
    ) throws(MovieError) -> AudioRole? {
        guard let box, box.payload.count <= 65_536, let children = try? box.children(in: source) else { return nil }
        for kind in children where kind.type == "kind" && kind.payload.count > 4 {
            let names = try kind.content(of: source).dropFirst(4).split(separator: 0, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard names.count >= 2, names[0] == "urn:mpeg:dash:role:2011" else { continue }
            if let role = AudioRole(rawValue: names[1]) { return role }
        }
        return nil
    }

    /// Takes over what the list of a set says.
    ///
    /// - Returns: where the file says otherwise, in words.
    mutating func apply(_ statement: TrackStatement) -> String? {
        label = statement.label
        textRole = statement.textRole
        audioRole = statement.audioRole ?? audioRole
        guard let stated = statement.language else { return nil }
        let own = language
        language = stated
        guard own != LanguageTag.undetermined, !LanguageTag.agree(own, stated) else { return nil }
        return "track \(id): its language is '\(own)' in the file and '\(stated)' in the set's list, which counts"
    }

    /// Nil for what is neither video nor audio nor text.
    var kind: TrackKind? {
        switch handler {
        case "vide": .video
        case "soun": .audio
        case "text", "sbtl", "subt": .text
        default: nil
        }
    }

    private static func isTag(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        return text.utf8.count <= 35 && (2...8).contains(parts.first?.count ?? 0)
            && parts.allSatisfy { part in
                (1...8).contains(part.count)
                    && part.allSatisfy { byte in
                        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    }
            }
    }
}
