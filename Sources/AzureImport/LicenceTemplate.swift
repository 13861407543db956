import Markup
import Tokens

/// Reports what licences of protection systems were to say: here the licence server decides. Every part is named, none
/// is shown: some are secrets.
struct LicenceTemplate {
    let system: KeyDeliveryName
    let findings: FindingList

    enum KeyDeliveryName: String {
        case clearKey = "ClearKey"
        case playReady = "PlayReady"
        case widevine = "Widevine"
        case fairPlay = "FairPlay"
    }

    private static let most = 200
    /// FairPlay's application secret key and certificate with its private key; key ids that name such a secret.
    private static let secrets: Set<String> = [
        "ask", "askid", "fairplaypfx", "fairplaypfxpassword", "fairplaypfxpasswordid",
    ]

    /// Members of a configuration, whatever is in them.
    func report(_ nodes: [ExportNode]) {
        var leaves: [ExportNode] = []
        for node in nodes { Self.collect(node, &leaves) }
        for leaf in leaves.prefix(Self.most) { report(leaf.place) }
        reportRest(leaves.count, nodes.first?.place)
    }

    /// A template in a string: JSON or XML.
    func report(text: String, at place: ExportPlace) {
        let bytes = Array(text.utf8)
        if let value = try? JSONReader.read(bytes, within: ExportDocument.embeddedLimits) {
            return report([ExportNode(value: value, place: place)])
        }
        guard let document = try? ExportDocument.markup(bytes) else { return report(place) }
        report(document.root, at: place)
    }

    /// A template in XML.
    func report(_ root: MarkupElement, at place: ExportPlace) {
        var leaves: [ExportPlace] = []
        root.visit { element in
            guard element.children.isEmpty else { return }
            leaves.append(place.text(at: "\(element.name.local.shown) at \(element.position)"))
        }
        for leaf in leaves.prefix(Self.most) { report(leaf) }
        reportRest(leaves.count, place)
    }

    private func reportRest(_ count: Int, _ place: ExportPlace?) {
        guard count > Self.most, let place else { return }
        findings.add(.notTakenOver, "\(count - Self.most) parts more of the \(system.rawValue) licences", at: place)
    }

    private func report(_ place: ExportPlace) {
        let name = place.path.split(separator: ".").last?.lowercased() ?? ""
        let message =
            Self.secrets.contains(name)
            ? "a secret of \(system.rawValue), neither shown nor stored: give it to the licence server"
            : "of the \(system.rawValue) licences: the licence server decides"
        findings.add(.notTakenOver, message, at: place)
    }

    private static func collect(_ node: ExportNode, _ leaves: inout [ExportNode]) {
        switch node.value {
        case .object(let members) where !members.isEmpty:
            let telling = members.filter { !$0.name.lowercased().hasSuffix("odata.type") }
            // Where the type is all that there is, it says something.
            if telling.isEmpty { leaves.append(node) }
            for member in telling {
                collect(ExportNode(value: member.value, place: node.place.member(member.name)), &leaves)
            }
        case .array(let items) where items.contains { $0.scalarText == nil }:
            for (index, item) in items.enumerated() {
                collect(ExportNode(value: item, place: node.place.item(index)), &leaves)
            }
        case .null, .object, .array([]): break
        default: leaves.append(node)
        }
    }
}
