import Foundation
import Policies

/// `kind: DeliveryPolicy`: how an asset may leave the origin.
extension DocumentNode {
    func deliveryPolicy() -> DeliveryPolicy? {
        let known = [
            "kind", "name", "protocols", "encryption", "keys", "keyAcquisition", "signalling", "clearLead",
            "cryptoPeriod", "pictures",
        ]
        guard let fields = DocumentFields(self, of: "a DeliveryPolicy", known: known) else { return nil }
        let name = fields.required("name")?.name("name")
        let protocols = fields.required("protocols")?.protocols()
        let encryption = fields.required("encryption")?.choice(DeliveryEncryption.self, "encryption")
        let signalling = fields["signalling"].map { $0.signalling(of: encryption) ?? [] }
        let labels = fields["keys"]?.keyLabels(encryption: encryption) ?? (keys: [], clear: [])
        let acquisition = fields["keyAcquisition"]?.keyAcquisition(encryption: encryption)
        let times = fields.protectionTimes(encryption: encryption)
        let pictures = fields["pictures"]?.choice(PictureRule.self, "pictures")
        if encryption == .blocked { fields["pictures"]?.report("'pictures' has no meaning with encryption 'blocked'") }
        guard let name, let protocols, let encryption else { return nil }
        if protocols.contains(.progressive), ![.none, .blocked].contains(encryption) {
            fields["protocols"]?.report(
                "'progressive' sends whole files: it goes with encryption 'none' or 'blocked', not "
                    + "'\(encryption.rawValue)'")
        }
        return DeliveryPolicy(
            name: name, protocols: protocols, encryption: encryption, keyLabels: labels.keys,
            clearLabels: labels.clear,
            keyAcquisitionURL: acquisition?.url,
            keyTickets: acquisition?.tickets,
            signalling: signalling ?? DeliveryPolicy.usualSignalling, times: times, pictures: pictures)
    }

    private func protocols() -> Set<StreamingProtocol>? {
        choices(StreamingProtocol.self, "protocols")
    }

    /// `keys: { video-sd: auto, audio: clear }`: the labels that tracks get keys by, and those that leave in the clear.
    private func keyLabels(encryption: DeliveryEncryption?) -> (keys: Set<KeyLabel>, clear: Set<KeyLabel>)? {
        checkThatKeysAreUsed("keys", encryption)
        guard let pairs = pairs("'keys'") else { return nil }
        if pairs.isEmpty { report("'keys' names at least one label; left out, all tracks share one key") }
        let names = KeyLabel.allCases.map(\.rawValue)
        var labels: (keys: Set<KeyLabel>, clear: Set<KeyLabel>) = ([], [])
        for (key, keyNode, value) in pairs {
            guard let label = KeyLabel(rawValue: key) else {
                keyNode.report("'keys' knows no label \(key.quoted)\(NearestName.advice(key, among: names))")
                continue
            }
            switch value.scalarText {
            case "auto": labels.keys.insert(label)
            case "clear": labels.clear.insert(label)
            default:
                value.report(
                    "a label's key is 'auto', or 'clear' for tracks that leave without encryption: keys of one's own "
                        + "cannot be named here")
            }
        }
        if labels.keys.isEmpty, !labels.clear.isEmpty {
            report("'keys' needs a label that is 'auto': for nothing but clear tracks, say encryption 'none'")
        }
        return labels
    }

    /// `keyAcquisition: { url: …, tickets: on }`; either may be left out.
    private func keyAcquisition(encryption: DeliveryEncryption?) -> (url: String?, tickets: KeyTicketRule?)? {
        checkThatKeysAreUsed("keyAcquisition", encryption)
        guard let fields = DocumentFields(self, of: "'keyAcquisition'", known: ["url", "tickets"]) else { return nil }
        if fields["url"] == nil, fields["tickets"] == nil { report("'keyAcquisition' needs 'url', 'tickets' or both") }
        return (fields["url"]?.keyURL(encryption: encryption), fields["tickets"]?.ticketRule())
    }

    /// `on` and `off` are booleans in YAML 1.1, and taken as they are written.
    private func ticketRule() -> KeyTicketRule? {
        switch scalarText {
        case "true": .on
        case "false": .off
        default: choice(KeyTicketRule.self, "tickets")
        }
    }

    private func keyURL(encryption: DeliveryEncryption?) -> String? {
        let node = self
        guard let text = text("url", limit: 2048) else { return nil }
        let spelled = text.replacing("{kid}", with: "00000000-0000-0000-0000-000000000000")
        guard spelled.utf8.allSatisfy(Self.isURLByte), let url = URL(string: spelled),
            ["http", "https"].contains(url.scheme?.lowercased()), url.host()?.isEmpty == false, url.user == nil
        else {
            node.report("'url' is an absolute http or https URL, with {kid} in place of the KID")
            return nil
        }
        if encryption == .envelope, !text.contains("{kid}") {
            node.report("'url' needs {kid}: a player of 'envelope' names its key in the URL only")
        }
        return text
    }

    /// RFC 3986, 2: the characters that a URI is written in. Quotation marks, angle brackets and braces are not.
    private static func isURLByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && ![0x22, 0x3C, 0x3E, 0x5C, 0x5E, 0x60, 0x7B, 0x7C, 0x7D].contains(byte)
    }

    fileprivate func checkThatKeysAreUsed(_ field: String, _ encryption: DeliveryEncryption?) {
        if let encryption, encryption.keyType == nil {
            report("'\(field)' has no meaning with encryption '\(encryption.rawValue)'")
        }
    }

    /// `signalling: [clearkey, widevine, playready, fairplay]`: whom manifests and init segments speak to.
    private func signalling(of encryption: DeliveryEncryption?) -> Set<SignalledSystem>? {
        guard let systems = choices(SignalledSystem.self, "signalling") else { return nil }
        guard let encryption else { return systems }
        guard [.cenc, .cbcs].contains(encryption) else {
            report("'signalling' goes with encryption 'cenc' or 'cbcs', not '\(encryption.rawValue)'")
            return systems
        }
        for system in systems where !system.readable.contains(encryption) {
            let names = system.readable.map { "'\($0.rawValue)'" }.sorted().joined(separator: " or ")
            report(
                "'signalling': '\(system.rawValue)' goes with encryption \(names), not '\(encryption.rawValue)'")
        }
        return systems
    }
}

extension DocumentFields {
    /// `clearLead: 10s` and `cryptoPeriod: 5m`.
    fileprivate func protectionTimes(encryption: DeliveryEncryption?) -> ProtectionTimes {
        var times = ProtectionTimes.whole
        if let node = self["clearLead"] {
            node.checkThatKeysAreUsed("clearLead", encryption)
            times.clearLead = node.duration("clearLead", in: 0...ProtectionTimes.longestLead) ?? 0
        }
        if let node = self["cryptoPeriod"] {
            node.checkThatKeysAreUsed("cryptoPeriod", encryption)
            times.cryptoPeriod = node.duration("cryptoPeriod", in: ProtectionTimes.periods)
        }
        return times
    }
}
