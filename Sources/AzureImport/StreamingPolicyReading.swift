import Policies
import Tokens

extension ExportReading {
    /// A `StreamingPolicy` of the third API: one delivery policy for each encryption that it has.
    func readStreamingPolicy(_ object: ExportObject) throws(Refusal) {
        guard let name = object["name"]?.text else {
            return findings.add(.refused, "the streaming policy has no name", at: object.place)
        }
        object.ignoreMetadata()
        let parts: [(member: String, encryption: DeliveryEncryption)] = [
            ("noencryption", .none), ("envelopeencryption", .envelope), ("commonencryptioncenc", .cenc),
            ("commonencryptioncbcs", .cbcs),
        ]
        guard parts.contains(where: { object.has($0.member) }) else {
            predefined[name] = predefined[name] ?? object.place
            return
        }
        if let policy = object["defaultcontentkeypolicyname"] {
            findings.add(.note, "keys name their policies themselves here", at: policy.place)
        }
        for part in parts {
            guard let node = object[part.member] else { continue }
            guard let encryption = try node.object() else {
                findings.add(.refused, "this encryption is no object", at: node.place)
                continue
            }
            try readPart(encryption, part.encryption, of: name)
        }
        object.reportUnread(to: findings, "is not known of a streaming policy")
    }

    private func readPart(_ object: ExportObject, _ encryption: DeliveryEncryption, of name: String) throws(Refusal) {
        var protocols = try protocols(of: object)
        if encryption.keyType != nil, protocols.remove(.progressive) != nil {
            findings.add(.notTakenOver, "whole files cannot leave encrypted", at: object.place)
        }
        if let tracks = object["cleartracks"], tracks.items?.isEmpty != true {
            findings.add(
                .notTakenOver,
                "tracks in the clear: all are encrypted until the policy says otherwise, as 'keys: { all: auto, audio: clear }'",
                at: tracks.place)
        }
        try readKeys(object)
        var policy = DeliveryPolicy(name: "", protocols: protocols, encryption: encryption)
        if let template = object["customkeyacquisitionurltemplate"] {
            let text = template.text?.replacing("{ContentKeyId}", with: "{kid}")
            setKeyAddress(text, template.place, of: &policy)
        }
        for member in ["drm", "clearkeyencryptionconfiguration"] {
            guard let node = object[member] else { continue }
            reportLicences(node)
        }
        object.reportUnread(to: findings, "is not known of a streaming policy")
        guard !protocols.isEmpty else {
            return findings.add(.refused, "this encryption has no protocol that there is here", at: object.place)
        }
        deliveries.append(
            DeliveryDraft(place: object.place, name: name, suffix: "-\(encryption.rawValue)", policy: policy))
    }

    private func protocols(of object: ExportObject) throws(Refusal) -> Set<StreamingProtocol> {
        guard let node = object["enabledprotocols"] else { return [] }
        guard let enabled = try node.object() else {
            findings.add(.notTakenOver, "the protocols are no object", at: node.place)
            return []
        }
        let names: [(String, StreamingProtocol)] = [
            ("download", .progressive), ("dash", .dash), ("hls", .hls), ("smoothstreaming", .smooth),
        ]
        var protocols: Set<StreamingProtocol> = []
        for (member, here) in names {
            guard let node = enabled[member] else { continue }
            switch node.flag {
            case true?: protocols.insert(here)
            case false?: break
            case nil: findings.add(.notTakenOver, "is neither true nor false: it is taken for false", at: node.place)
            }
        }
        enabled.reportUnread(to: findings, "is no protocol here")
        return protocols
    }

    private func readKeys(_ object: ExportObject) throws(Refusal) {
        guard let node = object["contentkeys"] else { return }
        guard let keys = try node.object() else {
            return findings.add(.notTakenOver, "the content keys are no object", at: node.place)
        }
        if let node = keys["defaultkey"] { try readDefaultKey(node) }
        if let mappings = keys["keytotrackmappings"], mappings.value != .object([]) {
            for mapping in mappings.items ?? [mappings] {
                findings.add(
                    .notTakenOver, "a key of its own for some tracks: 'keys' of a DeliveryPolicy says that by labels",
                    at: mapping.place)
            }
        }
        keys.reportUnread(to: findings, "is not known of keys")
    }

    private func readDefaultKey(_ node: ExportNode) throws(Refusal) {
        guard let key = try node.object() else {
            return findings.add(.notTakenOver, "the default key is no object", at: node.place)
        }
        _ = key["label"]
        if let policy = key["policyname"] {
            findings.add(.note, "keys name their policies themselves here", at: policy.place)
        }
        key.reportUnread(to: findings, "is not known of a key")
    }

    /// Addresses and properties of licences, each by its name.
    private func reportLicences(_ node: ExportNode) {
        guard case .object(let members) = node.value else {
            return node.isNull
                ? () : findings.add(.notTakenOver, "of licences: the licence server decides", at: node.place)
        }
        for member in members {
            let child = ExportNode(value: member.value, place: node.place.member(member.name))
            if case .object = child.value {
                reportLicences(child)
            } else if !child.isNull {
                let isAddress = member.name.lowercased().hasSuffix("urltemplate")
                findings.add(
                    .notTakenOver,
                    isAddress
                        ? "the address of a licence server is not written into manifests"
                        : "of licences: the licence server decides", at: child.place)
            }
        }
    }

    /// The predefined streaming policies by what their documentation says of them.
    func addPredefined() {
        let known = Set(deliveries.map(\.name))
        for (name, place) in predefined.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
            guard let parts = Self.predefinedParts(name) else {
                findings.add(.refused, "the predefined streaming policy '\(name.shown)' is not known", at: place)
                continue
            }
            for (encryption, protocols) in parts {
                deliveries.append(
                    DeliveryDraft(
                        place: place, name: name, suffix: "-\(encryption.rawValue)",
                        policy: DeliveryPolicy(name: "", protocols: protocols, encryption: encryption)))
            }
            findings.add(.note, "'\(name)' is made as it was documented", at: place)
        }
    }

    private static func predefinedParts(_ name: String) -> [(DeliveryEncryption, Set<StreamingProtocol>)]? {
        let streaming: Set<StreamingProtocol> = [.hls, .dash, .smooth]
        return switch name {
        case "Predefined_DownloadOnly": [(.none, [.progressive])]
        case "Predefined_ClearStreamingOnly": [(.none, streaming)]
        case "Predefined_DownloadAndClearStreaming": [(.none, streaming.union([.progressive]))]
        case "Predefined_ClearKey": [(.envelope, streaming)]
        case "Predefined_MultiDrmCencStreaming", "Predefined_SecureStreaming": [(.cenc, [.dash, .smooth])]
        case "Predefined_MultiDrmStreaming", "Predefined_SecureStreamingWithFairPlay":
            [(.cenc, [.dash, .smooth]), (.cbcs, [.hls])]
        default: nil
        }
    }
}

/// JSON in a text of another document.
enum JSONReaderOfText {
    static func read(_ text: String) throws -> JSONValue {
        try JSONReader.read(Array(text.utf8), within: ExportDocument.embeddedLimits)
    }
}
