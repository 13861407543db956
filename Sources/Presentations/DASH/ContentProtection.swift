import ContentKeys
import Markup

/// ContentProtection descriptors (ISO/IEC 23009-1, 5.8.4.1; DASH-IF IOP, part 6).
enum ContentProtection {
    static func elements(_ protection: CommonProtection) -> [XMLElement] {
        var common = XMLElement("ContentProtection")
        common.set("schemeIdUri", "urn:mpeg:dash:mp4protection:2011")
        common.set("value", protection.scheme.rawValue)
        common.set("cenc:default_KID", protection.keyID.description)
        return [common] + protection.systems.map(element)
    }

    private static func element(_ signal: ProtectionSystemSignal) -> XMLElement {
        var element = XMLElement("ContentProtection")
        element.set("schemeIdUri", "urn:uuid:" + signal.system.rawValue)
        element.set("value", versionName(signal.system))
        if let url = signal.licenceURL { element.append(XMLElement("dashif:Laurl", text: url.urlReference)) }
        if let pssh = signal.pssh { element.append(XMLElement("cenc:pssh", text: pssh)) }
        return element
    }

    /// The name by which players know a system where its id does not do (dash.js wants it for ClearKey).
    private static func versionName(_ system: ProtectionSystemID) -> String? {
        switch system {
        case .clearKey: "ClearKey1.0"
        case .common: nil
        }
    }
}
