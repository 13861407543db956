import ContentKeys
import Foundation
import Tokens

/// A value of a JSON export, and where it stands.
struct ExportNode {
    let value: JSONValue
    let place: ExportPlace

    var isNull: Bool { value == .null }

    /// A text that is not empty.
    var text: String? {
        guard let text = value.string, !text.isEmpty else { return nil }
        return text
    }

    /// The items of a list; nil for anything else.
    var items: [ExportNode]? {
        guard case .array(let items) = value else { return nil }
        return items.enumerated().map { ExportNode(value: $1, place: place.item($0)) }
    }

    /// A number, or one in a string, as some exports write enumerations.
    var integer: Int? {
        switch value {
        case .number(let text), .string(let text):
            guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return Int(text)
        default: return nil
        }
    }

    var flag: Bool? {
        if case .boolean(let value) = value { value } else { nil }
    }

    /// Its members; nil unless it is an object.
    ///
    /// - Throws: `Refusal` for two members whose names differ in letter case only.
    func object() throws(Refusal) -> ExportObject? {
        guard case .object(let members) = value else { return nil }
        let object = ExportObject(place: place)
        try object.add(members, at: place)
        return object
    }
}

/// The members of an object, asked for by name in any letter case (services write `options`, .NET programs `Options`).
/// It knows which ones nobody asked for, so that nothing is dropped without a word.
final class ExportObject {
    let place: ExportPlace
    private var members: [String: ExportNode] = [:]
    private var order: [String] = []
    private var asked: Set<String> = []

    fileprivate init(place: ExportPlace) {
        self.place = place
    }

    fileprivate func add(_ more: [JSONValue.Member], at place: ExportPlace) throws(Refusal) {
        for member in more {
            let name = member.name.lowercased()
            let node = ExportNode(value: member.value, place: place.member(member.name))
            guard members.updateValue(node, forKey: name) == nil else {
                throw Refusal("the member '\(member.name.shown)' is there twice", at: place)
            }
            order.append(name)
        }
    }

    /// Takes the members of `properties` in, as resources of the management API have them there.
    func flattenProperties() throws(Refusal) {
        guard let node = members["properties"], case .object(let inner) = node.value else { return }
        drop("properties")
        for member in inner {
            let name = member.name.lowercased()
            guard members[name] == nil || ["name", "id", "type", "etag"].contains(name) else {
                throw Refusal("the member '\(member.name.shown)' is there twice", at: place)
            }
            drop(name)
        }
        try add(inner, at: node.place)
    }

    private func drop(_ name: String) {
        guard members[name] != nil else { return }
        members[name] = nil
        order.removeAll { $0 == name }
    }

    /// Whether there is a member, without asking for it.
    func has(_ names: String...) -> Bool {
        names.contains { members[$0].map { !$0.isNull } ?? false }
    }

    /// Looks at a member without asking for it.
    func peek(_ name: String) -> ExportNode? { members[name] }

    /// A member that is there and not null. Names are in lower case.
    subscript(_ names: String...) -> ExportNode? {
        var found: ExportNode?
        for name in names {
            asked.insert(name)
            if found == nil, let node = members[name], !node.isNull { found = node }
        }
        return found
    }

    /// Marks what says nothing about protection: ids, times, links.
    func ignoreMetadata() {
        let known: Set<String> = [
            "id", "systemdata", "created", "createdtime", "lastmodified", "lastmodifiedtime", "resourcegroup", "etag",
            "__metadata", "location", "tags", "identity",
        ]
        for name in order where known.contains(name) || name.hasPrefix("odata.") { asked.insert(name) }
        for name in order where name.hasPrefix("@odata.") && name != "@odata.type" { asked.insert(name) }
        if let type = members["type"]?.value.string, type.lowercased().hasPrefix("microsoft.media/") {
            asked.insert("type")
        }
    }

    /// What nobody asked for, in the document's order. Nulls say nothing.
    var unread: [ExportNode] {
        order.filter { !asked.contains($0) }.compactMap { members[$0] }.filter { !$0.isNull }
    }

    /// The `@odata.type`, without `#Microsoft.Media.`, in its own letters.
    func odataType() -> String? {
        guard let text = self["@odata.type", "odatatype", "odata.type", "odata_type"]?.text else { return nil }
        return text.split(separator: ".").last.map(String.init)
    }

    /// Reports every member that nobody asked for and that says something.
    func reportUnread(to findings: FindingList, as outcome: ImportFinding.Outcome = .notTakenOver, _ why: String) {
        let telling = unread.filter { ![.array([]), .object([]), .string("")].contains($0.value) }
        for node in telling.prefix(64) { findings.add(outcome, why, at: node.place) }
        if telling.count > 64 { findings.add(outcome, "\(telling.count - 64) members more", at: place) }
    }

    /// Refuses the whole when a member is left that could be a restriction.
    func requireAllRead(of what: String) throws(Refusal) {
        guard let node = unread.first else { return }
        throw Refusal("\(what) has a member that is not known, which may restrict it", at: node.place)
    }
}

/// Secrets in texts.
enum SecretText {
    /// In bytes.
    static let longest = 4096

    /// The bytes of base64 text, white space aside; nil for other text, for none, and for more than a secret has.
    static func bytes(_ text: String) -> ZeroedBytes? {
        let bare = String(text.unicodeScalars.filter { ![" ", "\t", "\r", "\n"].contains($0) })
        guard bare.utf8.count <= longest * 2, var data = Data(base64Encoded: bare) else { return nil }
        defer { data.resetBytes(in: 0..<data.count) }
        guard (1...longest).contains(data.count) else { return nil }
        return data.withUnsafeBytes { ZeroedBytes(copying: $0) }
    }

    /// The same of something public.
    static func publicBytes(_ text: String) -> [UInt8]? {
        bytes(text)?.withUnsafeBytes { Array($0) }
    }
}
