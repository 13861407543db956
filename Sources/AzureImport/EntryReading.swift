import Markup
import MediaModel

/// Reads an entry of a server manifest: `video`, `audio` or `textstream`, with its `param`s.
struct EntryReading {
    private let entry: MarkupElement
    private let kind: ListedTrack.Kind
    /// By name in lower case; the first of a name counts.
    private let parameters: [String: MarkupElement]

    init(_ entry: MarkupElement, _ kind: ListedTrack.Kind) {
        self.entry = entry
        self.kind = kind
        let named = entry.children.filter { $0.name.local == "param" }.compactMap { child in
            child.attribute("name").map { ($0.lowercased(), child) }
        }
        parameters = Dictionary(named) { first, _ in first }
    }

    private func value(_ parameter: String) -> String? {
        parameters[parameter]?.attribute("value").flatMap { $0.isEmpty ? nil : $0 }
    }

    private var subtype: String? { kind == .text ? value("subtype") : nil }

    /// Whether it is no text, or text that is there to be shown.
    var isForShow: Bool { ListedTrack.Role.isForShow(subtype: subtype) }

    /// - Throws: `MarkupError` when `trackID` is none.
    func track() throws(MarkupError) -> ListedTrack {
        let name = value("trackname")
        return ListedTrack(
            kind, id: try trackID(), language: language.value,
            label: kind == .video ? nil : label(name), trackName: name, role: role)
    }

    private func label(_ trackName: String?) -> String? {
        for name in [entry.attribute("title"), value("textdisplayname")] {
            if let name, TrackDescription.isLabel(name) { return name }
        }
        return TrackName.label(trackName)
    }

    private var role: ListedTrack.Role? {
        [value("subtype"), value("accessibility"), value("role")].lazy.compactMap { $0 }
            .compactMap { ListedTrack.Role($0, kind) }.first
    }

    /// The entry's language, and what it has instead of one.
    private var language: (value: String?, wrong: String?) {
        let said = entry.attribute("systemLanguage").flatMap { $0.isEmpty ? nil : $0 } ?? value("systemlanguage")
        guard let said, said.lowercased() != LanguageTag.undetermined else { return (nil, nil) }
        return LanguageTag.isTag(said) ? (said, nil) : (nil, said)
    }

    private func trackID() throws(MarkupError) -> UInt32? {
        guard let parameter = parameters["trackid"] else { return nil }
        guard let text = parameter.attribute("value"), let id = UInt32(text), id > 0 else {
            throw MarkupError(parameter.position, "'trackID' is not a number")
        }
        return id
    }

    /// What of the entry is passed over.
    func notes(of file: String) -> [String] {
        var notes: [String] = []
        if let subtype, !isForShow {
            notes.append("'\(file)' is data and no text to be shown ('\(subtype)'): left out")
        }
        if let wrong = language.wrong {
            notes.append(
                "systemLanguage '\(wrong.prefix(40))' of '\(file)' is no language (as 'en' or 'eng'): passed over")
        }
        return notes.map { "\(entry.position): \($0)" }
    }
}
