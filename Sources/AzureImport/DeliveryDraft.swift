import ContentKeys
import Foundation
import Policies
import Tokens

/// A delivery policy as an export has it, before it has a name here.
struct DeliveryDraft {
    var place: ExportPlace
    /// Its name there.
    var name: String
    /// What the name here has in addition; empty for a policy of the second API, which has one encryption.
    var suffix = ""
    var id: String?
    /// Without its name.
    var policy: DeliveryPolicy

    /// Hosts of the service that was switched off: an address there is nobody's any more.
    private static let gone = [".media.azure.net", ".mediaservices.windows.net"]

    /// An address that players ask for keys, with `{kid}` in place of the KID.
    ///
    /// - Throws: `Refusal` saying why it cannot be one here.
    static func keyAddress(_ text: String, at place: ExportPlace) throws(Refusal) -> String {
        guard !text.contains("{AlternativeMediaId}"), !text.contains("{AssetAlternativeId}") else {
            throw Refusal("has a place for an alternative id, which there is not here", at: place)
        }
        let spelled = text.replacing("{kid}", with: "00000000-0000-0000-0000-000000000000")
        let isPlain = spelled.utf8.allSatisfy {
            (0x21...0x7E).contains($0) && ![0x22, 0x3C, 0x3E, 0x5C, 0x5E, 0x60, 0x7B, 0x7C, 0x7D].contains($0)
        }
        guard isPlain, text.utf8.count <= 1024, let url = URL(string: spelled),
            ["http", "https"].contains(url.scheme?.lowercased()), let host = url.host()?.lowercased(), !host.isEmpty,
            url.user == nil
        else { throw Refusal("is no address of keys here", at: place) }
        guard !gone.contains(where: host.hasSuffix) else {
            throw Refusal("is an address of Azure Media Services: players ask this key service instead", at: place)
        }
        guard text.contains("{kid}") else { throw Refusal("names no key: there is no place for its id", at: place) }
        return text
    }
}

extension ExportReading {
    /// An `AssetDeliveryPolicy` of the second API.
    func readAssetDeliveryPolicy(_ object: ExportObject) {
        let name = object["name"]?.text
        let id = object.peek("id")?.text.flatMap(AzureIDs.keyID)?.description
        object.ignoreMetadata()
        guard let title = name ?? id else {
            return findings.add(.refused, "the delivery policy has neither name nor id", at: object.place)
        }
        guard let encryption = Self.encryption(object["assetdeliverypolicytype"]?.value.scalarText) else {
            return findings.add(.refused, "the AssetDeliveryPolicyType is not known", at: object.place)
        }
        var protocols = protocols(ofFlags: object["assetdeliveryprotocol"], in: object)
        if encryption.keyType != nil, protocols.remove(.progressive) != nil {
            findings.add(.notTakenOver, "whole files cannot leave encrypted", at: object.place)
        }
        guard !protocols.isEmpty else {
            return findings.add(.refused, "the delivery policy names no protocol that there is here", at: object.place)
        }
        var policy = DeliveryPolicy(name: "", protocols: protocols, encryption: encryption)
        readConfiguration(object["assetdeliveryconfiguration"], into: &policy)
        object.reportUnread(to: findings, "is not known of a delivery policy")
        deliveries.append(DeliveryDraft(place: object.place, name: title, id: id, policy: policy))
    }

    private static func encryption(_ text: String?) -> DeliveryEncryption? {
        switch text?.lowercased() {
        case "1", "blocked": .blocked
        case "2", "nodynamicencryption": DeliveryEncryption.none
        case "3", "dynamicenvelopeencryption": .envelope
        case "4", "dynamiccommonencryption": .cenc
        case "5", "dynamiccommonencryptioncbcs": .cbcs
        default: nil
        }
    }

    private func protocols(ofFlags node: ExportNode?, in object: ExportObject) -> Set<StreamingProtocol> {
        let flags: [(name: String, bit: Int, here: StreamingProtocol?)] = [
            ("smoothstreaming", 1, .smooth), ("dash", 2, .dash), ("hls", 4, .hls), ("hds", 8, nil),
            ("progressivedownload", 16, .progressive),
        ]
        let names = node?.value.string?.lowercased().split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        let all = 0xFFFF
        let bits = node?.integer ?? 0
        var protocols: Set<StreamingProtocol> = []
        for flag in flags where bits & flag.bit != 0 || names?.contains(flag.name) == true || names == ["all"] {
            if let here = flag.here {
                protocols.insert(here)
            } else {
                findings.add(.notTakenOver, "there is no HDS here", at: node?.place ?? object.place)
            }
        }
        let others =
            node?.integer == nil
            ? names?.contains { name in name != "all" && name != "none" && !flags.contains { $0.name == name } }
                ?? false
            : bits != all && bits & ~flags.reduce(0) { $0 | $1.bit } != 0
        if others {
            findings.add(.notTakenOver, "names a protocol that is not known", at: node?.place ?? object.place)
        }
        return protocols
    }

    /// `AssetDeliveryConfiguration`: a list of keys and values, mostly as a text.
    private func readConfiguration(_ node: ExportNode?, into policy: inout DeliveryPolicy) {
        guard var node else { return }
        if let text = node.text {
            guard let value = try? JSONReaderOfText.read(text) else {
                return findings.add(.notTakenOver, "the configuration cannot be read", at: node.place)
            }
            node = ExportNode(value: value, place: node.place)
        }
        guard let items = node.results else {
            guard ![.string(""), .object([])].contains(node.value) else { return }
            return findings.add(.notTakenOver, "the configuration is no list of keys and values", at: node.place)
        }
        for item in items {
            guard let pair = try? item.object(), let key = pair["key"] else {
                findings.add(.notTakenOver, "a part of the configuration cannot be read", at: item.place)
                continue
            }
            readConfiguration(key.value.scalarText?.lowercased() ?? "", pair["value"], item.place, into: &policy)
            pair.ignoreMetadata()
            pair.reportUnread(to: findings, "is not known of a key and its value")
        }
    }

    private func readConfiguration(
        _ key: String, _ value: ExportNode?, _ place: ExportPlace, into policy: inout DeliveryPolicy
    ) {
        switch key {
        case "1", "envelopekeyacquisitionurl": setKeyAddress(value?.text, place, of: &policy)
        case "2", "envelopebasekeyacquisitionurl":
            let base = value?.text.map { $0 + ($0.contains("?") ? "&" : "?") + "KID={kid}" }
            setKeyAddress(base, place, of: &policy)
        case "3", "6", "11", "envelopeencryptionivasbase64", "envelopeencryptioniv", "commonencryptionivforcbcs":
            findings.add(.notTakenOver, "a starting vector: every version and track gets its own here", at: place)
        case "12", "unencryptedtracksbyfourcc":
            findings.add(.notTakenOver, "tracks in the clear: here all tracks are encrypted", at: place)
        case "4", "5", "7", "8", "9", "10", "13", "playreadylicenseacquisitionurl", "playreadycustomattributes",
            "widevinelicenseacquisitionurl", "widevinebaselicenseacquisitionurl", "fairplaylicenseacquisitionurl",
            "fairplaybaselicenseacquisitionurl", "allowpersistentlicense":
            findings.add(.notTakenOver, "the address or a property of a licence server", at: place)
        default: findings.add(.notTakenOver, "the configuration key '\(key.shown)' is not known", at: place)
        }
    }

    /// Takes an address of keys over, of envelope encryption; reports why not.
    func setKeyAddress(_ text: String?, _ place: ExportPlace, of policy: inout DeliveryPolicy) {
        do throws(Refusal) {
            guard policy.encryption == .envelope else {
                throw Refusal("goes with no encryption but the envelope", at: place)
            }
            guard let text else { throw Refusal("is no text", at: place) }
            policy.keyAcquisitionURL = try DeliveryDraft.keyAddress(text, at: place)
        } catch {
            findings.add(.notTakenOver, "the address \(error.reason)", at: error.place)
        }
    }
}
