import ContentKeys
import Markup

/// The elements of the lists.
extension CPIXReading {
    func contentKey() throws(CPIXError) -> CPIX.Key {
        try attributes(["id", "contentId", "kid", "explicitIV", "dependsOnKey", "commonEncryptionScheme"])
        try text(allowed: false)
        try children([MarkupName(CPIXNames.cpix, "HDCPData"), MarkupName(CPIXNames.cpix, "Data")])
        var key = CPIX.Key(try requiredKeyID("kid"), scheme: element.attribute("commonEncryptionScheme"))
        key.id = element.attribute("id")
        key.contentID = element.attribute("contentId")
        key.dependsOn = try keyID("dependsOnKey")
        if let text = element.attribute("explicitIV") {
            let vector = Array(text.utf8).withUnsafeBytes { Base64Text.decode($0, limit: 16) }
            guard let vector, vector.count == 16 else { throw fail("explicitIV is not 16 bytes in base64") }
            key.explicitIV = vector.array
        }
        if let data = try child(CPIXNames.cpix, "Data") { key.value = try data.value() }
        return key
    }

    /// `Data` of a content key (RFC 6030, 4.2).
    private func value() throws(CPIXError) -> CPIX.Value {
        try text(allowed: false)
        try attributes([])
        try children([MarkupName(CPIXNames.pskc, "Secret")])
        guard let secret = try child(CPIXNames.pskc, "Secret") else { return .absent }
        try secret.text(allowed: false)
        try secret.children(
            ["PlainValue", "EncryptedValue", "ValueMAC"].map { MarkupName(CPIXNames.pskc, $0) })
        let plain = try secret.child(CPIXNames.pskc, "PlainValue")
        let encrypted = try secret.child(CPIXNames.pskc, "EncryptedValue")
        let code = try secret.child(CPIXNames.pskc, "ValueMAC")?.bytes(limit: 64)
        switch (plain, encrypted) {
        case (let plain?, nil):
            guard code == nil else { throw secret.fail("a value in the clear has no MAC") }
            return .clear(try plain.secret(limit: 64))
        case (nil, let encrypted?):
            return .encrypted(ciphertext: try encrypted.ciphertext(of: CPIXNames.aes256CBC), code: code)
        case (nil, nil): return .absent
        case (_?, _?): throw secret.fail("a value is in the clear or encrypted, not both")
        }
    }

    /// `xenc:EncryptedDataType` with one algorithm and its ciphertext in place.
    private func ciphertext(of algorithm: String) throws(CPIXError) -> [UInt8] {
        let method = try encryptionMethod()
        guard method.element.attribute("Algorithm") == algorithm else {
            throw method.fail("the algorithm must be \(algorithm)")
        }
        try method.children([])
        return try cipherValue()
    }

    private func wrappedKey() throws(CPIXError) -> CPIX.WrappedKey {
        let method = try encryptionMethod()
        guard method.element.attribute("Algorithm") == CPIXNames.rsaOAEP else {
            throw method.fail("the algorithm must be \(CPIXNames.rsaOAEP)")
        }
        try method.children([MarkupName(CPIXNames.signature, "DigestMethod")])
        let digest = try method.child(CPIXNames.signature, "DigestMethod")?.element.attribute("Algorithm")
        guard digest == nil || digest == CPIXNames.sha1 || digest == CPIXNames.sha256 else {
            throw method.fail("the digest must be \(CPIXNames.sha1) or \(CPIXNames.sha256)")
        }
        return CPIX.WrappedKey(ciphertext: try cipherValue(), usesSHA256: digest == CPIXNames.sha256)
    }

    private func encryptionMethod() throws(CPIXError) -> CPIXReading {
        try text(allowed: false)
        try attributes(["Id", "Type", "MimeType", "Encoding"])
        try children(["EncryptionMethod", "CipherData"].map { MarkupName(CPIXNames.encryption, $0) })
        return try required(CPIXNames.encryption, "EncryptionMethod")
    }

    private func cipherValue() throws(CPIXError) -> [UInt8] {
        let data = try required(CPIXNames.encryption, "CipherData")
        // A reference would have to be fetched.
        try data.children([MarkupName(CPIXNames.encryption, "CipherValue")])
        return try data.required(CPIXNames.encryption, "CipherValue").bytes(limit: 1024)
    }

    func delivery() throws(CPIXError) -> CPIX.Delivery {
        try attributes(["id", "updateVersion", "name"])
        try text(allowed: false)
        let described = ["Description", "SendingEntity", "SenderPointOfContact", "ReceivingEntity"]
        try children((["DeliveryKey", "DocumentKey", "MACMethod"] + described).map { MarkupName(CPIXNames.cpix, $0) })
        let data = try required(CPIXNames.cpix, "DeliveryKey").required(CPIXNames.signature, "X509Data")
        let certificates = data.element.children.filter {
            $0.name == MarkupName(CPIXNames.signature, "X509Certificate")
        }
        guard let certificate = certificates.first else { throw data.fail("an X509Certificate is missing") }
        var delivery = CPIX.Delivery(certificate: try CPIXReading(certificate).bytes())
        delivery.id = element.attribute("id")
        delivery.name = element.attribute("name")
        if let key = try child(CPIXNames.cpix, "DocumentKey") {
            try key.attributes(["id", "encryptsKey", "Algorithm"])
            guard key.element.attribute("encryptsKey") == nil else {
                throw key.fail("a document key for one content key only is not supported")
            }
            // Documents before 2.3 say here what content keys are encrypted with.
            guard [nil, CPIXNames.aes256CBC].contains(key.element.attribute("Algorithm")) else {
                throw key.fail("the algorithm must be \(CPIXNames.aes256CBC)")
            }
            delivery.documentKey = try key.required(CPIXNames.cpix, "Data").required(CPIXNames.pskc, "Secret")
                .required(CPIXNames.pskc, "EncryptedValue").wrappedKey()
        }
        if let method = try child(CPIXNames.cpix, "MACMethod") {
            guard method.element.attribute("Algorithm") == CPIXNames.hmacSHA512 else {
                throw method.fail("the algorithm must be \(CPIXNames.hmacSHA512)")
            }
            // PSKC names it MACKey (RFC 6030, 6.1.1); documents before 2.3 have Key of CPIX.
            let older = try method.child(CPIXNames.cpix, "Key")
            guard let key = try method.child(CPIXNames.pskc, "MACKey") ?? older else {
                throw method.fail("a MACKey is missing")
            }
            delivery.macKey = try key.wrappedKey()
        }
        return delivery
    }

    func system() throws(CPIXError) -> CPIX.System {
        try attributes(["id", "updateVersion", "systemId", "kid", "name", "HLSAllowedCPC"])
        try text(allowed: false)
        let names = ["PSSH", "ContentProtectionData", "HLSSignalingData", "SmoothStreamingProtectionHeaderData"]
        try children(names.map { MarkupName(CPIXNames.cpix, $0) }, others: true)
        guard let systemID = try keyID("systemId") else { throw fail("an attribute systemId is missing") }
        var system = CPIX.System(systemID: systemID.description, keyID: try requiredKeyID("kid"))
        system.id = element.attribute("id")
        system.name = element.attribute("name")
        system.pssh = try child(CPIXNames.cpix, "PSSH")?.bytes()
        let protection = try child(CPIXNames.cpix, "ContentProtectionData")
        system.contentProtection = try protection?.bytes()
        system.robustness = protection?.element.attribute("robustness")
        system.smoothHeader = try child(CPIXNames.cpix, "SmoothStreamingProtectionHeaderData")?.element.text
        for child in element.children where child.name == MarkupName(CPIXNames.cpix, "HLSSignalingData") {
            let reading = CPIXReading(child)
            let playlist = child.attribute("playlist")
            guard [nil, "media", "master", "multiVariant"].contains(playlist) else {
                throw reading.fail("playlist must be media or multiVariant (2.3: master)")
            }
            guard !system.signalling.contains(where: { $0.playlist == playlist }) else {
                throw reading.fail("there are two for one playlist")
            }
            system.signalling.append(CPIX.Signalling(playlist: playlist, data: try reading.bytes()))
        }
        return system
    }

    func period() throws(CPIXError) -> CPIX.Period {
        try attributes(["id", "index", "label", "start", "end", "startOffset", "endOffset", "duration"])
        try text(allowed: false)
        try children([])
        var period = CPIX.Period(id: element.attribute("id"))
        period.index = try integer("index")
        period.label = element.attribute("label")
        period.start = element.attribute("start")
        period.end = element.attribute("end")
        period.startOffset = element.attribute("startOffset")
        period.endOffset = element.attribute("endOffset")
        period.duration = element.attribute("duration")
        return period
    }

    func usageRule() throws(CPIXError) -> CPIX.UsageRule {
        try attributes(["id", "kid", "intendedTrackType"])
        try text(allowed: false)
        let filters = ["KeyPeriodFilter", "LabelFilter", "VideoFilter", "AudioFilter", "BitrateFilter"]
        try children(filters.map { MarkupName(CPIXNames.cpix, $0) }, others: true)
        var rule = CPIX.UsageRule(
            keyID: try requiredKeyID("kid"), intendedTrackType: element.attribute("intendedTrackType"))
        rule.id = element.attribute("id")
        for child in element.children where child.name.namespace == CPIXNames.cpix {
            try CPIXReading(child).filter(of: &rule)
        }
        return rule
    }

    private func filter(of rule: inout CPIX.UsageRule) throws(CPIXError) {
        try text(allowed: false)
        try children([])
        switch element.name.local {
        case "KeyPeriodFilter":
            try attributes(["periodId"])
            guard let id = element.attribute("periodId") else { throw fail("an attribute periodId is missing") }
            rule.periods.append(id)
        case "LabelFilter":
            try attributes(["label"])
            guard let label = element.attribute("label") else { throw fail("an attribute label is missing") }
            rule.labels.append(label)
        case "VideoFilter":
            try attributes(["minPixels", "maxPixels", "hdr", "wcg", "minFps", "maxFps"])
            var filter = CPIX.VideoFilter(minPixels: try integer("minPixels"), maxPixels: try integer("maxPixels"))
            (filter.hdr, filter.wcg) = (try boolean("hdr"), try boolean("wcg"))
            (filter.minFramesPerSecond, filter.maxFramesPerSecond) = (try integer("minFps"), try integer("maxFps"))
            rule.video.append(filter)
        case "AudioFilter":
            try attributes(["minChannels", "maxChannels"])
            rule.audio.append(
                CPIX.AudioFilter(minChannels: try integer("minChannels"), maxChannels: try integer("maxChannels")))
        default:
            try attributes(["minBitrate", "maxBitrate"])
            var filter = CPIX.BitrateFilter()
            (filter.minBitrate, filter.maxBitrate) = (try integer("minBitrate"), try integer("maxBitrate"))
            rule.bitrates.append(filter)
        }
    }
}
