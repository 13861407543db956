import ContentKeys
import Foundation
import Markup

extension CPIX {
    /// The document as XML, in the order of the schema. Key values that are in the clear stand in it as they are: it is
    /// for who may have them.
    public var xml: String {
        var root = XMLElement("cpix:CPIX")
        root.set("xmlns:cpix", CPIXNames.cpix)
        root.set("xmlns:pskc", CPIXNames.pskc)
        if !deliveries.isEmpty {
            root.set("xmlns:enc", CPIXNames.encryption)
            root.set("xmlns:ds", CPIXNames.signature)
        }
        root.set("id", id)
        root.set("contentId", contentID)
        root.set("name", name)
        root.set("version", version)
        root.append(Self.list("cpix:DeliveryDataList", deliveries.map(\.element)))
        root.append(Self.list("cpix:ContentKeyList", keys.map(\.element)))
        root.append(Self.list("cpix:DRMSystemList", systems.map(\.element)))
        root.append(Self.list("cpix:ContentKeyPeriodList", periods.map(\.element)))
        root.append(Self.list("cpix:ContentKeyUsageRuleList", usageRules.map(\.element)))
        return root.document
    }

    /// The schema has no empty lists.
    private static func list(_ name: StaticString, _ items: [XMLElement]) -> XMLElement? {
        guard !items.isEmpty else { return nil }
        var list = XMLElement(name)
        list.append(items)
        return list
    }
}

extension XMLElement {
    fileprivate init(_ name: StaticString, _ children: XMLElement...) {
        self.init(name)
        append(children)
    }

    fileprivate init(_ name: StaticString, base64 bytes: [UInt8]) {
        self.init(name, text: Data(bytes).base64EncodedString())
    }

    fileprivate init(_ name: StaticString, algorithm: String) {
        self.init(name)
        set("Algorithm", algorithm)
    }

    fileprivate mutating func set(_ name: StaticString, _ value: Bool?) {
        set(name, value.map { $0 ? "true" : "false" })
    }

    fileprivate mutating func set(_ name: StaticString, _ value: Int?) {
        set(name, value.map(String.init))
    }
}

extension CPIX.Key {
    fileprivate var element: XMLElement {
        var element = XMLElement("cpix:ContentKey")
        element.set("id", id)
        element.set("contentId", contentID)
        element.set("kid", keyID.description)
        element.set("explicitIV", explicitIV.map { Data($0).base64EncodedString() })
        element.set("dependsOnKey", dependsOn?.description)
        element.set("commonEncryptionScheme", scheme)
        switch value {
        case .absent: break
        case .clear(let bytes):
            element.append(
                XMLElement(
                    "cpix:Data", XMLElement("pskc:Secret", XMLElement("pskc:PlainValue", text: bytes.base64))))
        case .encrypted(let ciphertext, let code):
            var secret = XMLElement(
                "pskc:Secret",
                XMLElement(
                    "pskc:EncryptedValue", XMLElement("enc:EncryptionMethod", algorithm: CPIXNames.aes256CBC),
                    XMLElement("enc:CipherData", XMLElement("enc:CipherValue", base64: ciphertext))))
            secret.append(code.map { XMLElement("pskc:ValueMAC", base64: $0) })
            element.append(XMLElement("cpix:Data", secret))
        }
        return element
    }
}

extension CPIX.System {
    fileprivate var element: XMLElement {
        var element = XMLElement("cpix:DRMSystem")
        element.set("id", id)
        element.set("systemId", systemID)
        element.set("kid", keyID.description)
        element.set("name", name)
        element.append(pssh.map { XMLElement("cpix:PSSH", base64: $0) })
        if let contentProtection {
            var data = XMLElement("cpix:ContentProtectionData", base64: contentProtection)
            data.set("robustness", robustness)
            element.append(data)
        }
        for entry in signalling {
            var data = XMLElement("cpix:HLSSignalingData", base64: entry.data)
            data.set("playlist", entry.playlist)
            element.append(data)
        }
        element.append(smoothHeader.map { XMLElement("cpix:SmoothStreamingProtectionHeaderData", text: $0) })
        return element
    }
}

extension CPIX.Period {
    fileprivate var element: XMLElement {
        var element = XMLElement("cpix:ContentKeyPeriod")
        element.set("id", id)
        element.set("index", index)
        element.set("label", label)
        element.set("start", start)
        element.set("end", end)
        element.set("startOffset", startOffset)
        element.set("endOffset", endOffset)
        element.set("duration", duration)
        return element
    }
}

extension CPIX.UsageRule {
    fileprivate var element: XMLElement {
        var element = XMLElement("cpix:ContentKeyUsageRule")
        element.set("id", id)
        element.set("kid", keyID.description)
        element.set("intendedTrackType", intendedTrackType)
        for period in periods {
            var filter = XMLElement("cpix:KeyPeriodFilter")
            filter.set("periodId", period)
            element.append(filter)
        }
        for label in labels {
            var filter = XMLElement("cpix:LabelFilter")
            filter.set("label", label)
            element.append(filter)
        }
        element.append(video.map(\.element))
        element.append(audio.map(\.element))
        element.append(bitrates.map(\.element))
        return element
    }
}

extension CPIX.VideoFilter {
    fileprivate var element: XMLElement {
        var element = XMLElement("cpix:VideoFilter")
        element.set("minPixels", minPixels)
        element.set("maxPixels", maxPixels)
        element.set("hdr", hdr)
        element.set("wcg", wcg)
        element.set("minFps", minFramesPerSecond)
        element.set("maxFps", maxFramesPerSecond)
        return element
    }
}

extension CPIX.AudioFilter {
    fileprivate var element: XMLElement {
        var element = XMLElement("cpix:AudioFilter")
        element.set("minChannels", minChannels)
        element.set("maxChannels", maxChannels)
        return element
    }
}

extension CPIX.BitrateFilter {
    fileprivate var element: XMLElement {
        var element = XMLElement("cpix:BitrateFilter")
        element.set("minBitrate", minBitrate)
        element.set("maxBitrate", maxBitrate)
        return element
    }
}

extension CPIX.Delivery {
    fileprivate var element: XMLElement {
        var element = XMLElement("cpix:DeliveryData")
        element.set("id", id)
        element.set("name", name)
        element.append(
            XMLElement(
                "cpix:DeliveryKey",
                XMLElement("ds:X509Data", XMLElement("ds:X509Certificate", base64: certificate))))
        if let documentKey {
            var value = XMLElement("pskc:EncryptedValue")
            value.append(documentKey.elements)
            element.append(XMLElement("cpix:DocumentKey", XMLElement("cpix:Data", XMLElement("pskc:Secret", value))))
        }
        if let macKey {
            var method = XMLElement("cpix:MACMethod", algorithm: CPIXNames.hmacSHA512)
            var value = XMLElement("pskc:MACKey")
            value.append(macKey.elements)
            method.append(value)
            element.append(method)
        }
        return element
    }
}

extension CPIX.WrappedKey {
    /// What `xenc:EncryptedDataType` holds.
    fileprivate var elements: [XMLElement] {
        var method = XMLElement("enc:EncryptionMethod", algorithm: CPIXNames.rsaOAEP)
        if usesSHA256 { method.append(XMLElement("ds:DigestMethod", algorithm: CPIXNames.sha256)) }
        return [method, XMLElement("enc:CipherData", XMLElement("enc:CipherValue", base64: ciphertext))]
    }
}
