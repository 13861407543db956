public import ContentKeys
public import Markup

/// A document of the Content Protection Information Exchange format (DASH-IF CPIX 2.3 and 2.4), by which encryptors and key
/// services tell each other of content keys. Lists keep their order; what keyway has no use for (update histories, elements
/// of other namespaces) is not kept.
public struct CPIX: Sendable {
    public var id: String?
    public var contentID: String?
    public var name: String?
    /// `2.3` or `2.4`; nil for older documents.
    public var version: String?
    /// To whom the key values are encrypted; empty when they are in the clear, or absent.
    public var deliveries: [Delivery] = []
    public var keys: [Key] = []
    public var systems: [System] = []
    public var periods: [Period] = []
    public var usageRules: [UsageRule] = []

    public init() {}

    /// The version that keyway writes of itself, unless a document needs what came later.
    public static let writtenVersion = "2.3"

    /// Most elements of each list; a document is refused beyond.
    static let longestList = 2048
}

/// A CPIX document that is not taken.
public struct CPIXError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where; nil for what concerns the whole document.
    public var position: MarkupPosition?
    /// What is wrong and what would be right. Never says a value that may be secret.
    public var reason: String

    public init(_ reason: String, at position: MarkupPosition? = nil) {
        self.position = position
        self.reason = reason
    }

    public var description: String { position.map { "\($0): \(reason)" } ?? reason }
}

extension CPIX {
    /// One content key (`ContentKey`).
    public struct Key: Sendable {
        public var id: String?
        public var keyID: KeyID
        public var contentID: String?
        /// 16 bytes.
        public var explicitIV: [UInt8]?
        public var dependsOn: KeyID?
        /// `cenc`, `cbcs`, …, or in 2.4 a method of HLS, as it is written.
        public var scheme: String?
        public var value: Value

        public init(_ keyID: KeyID, scheme: String? = nil, value: Value = .absent) {
            self.keyID = keyID
            self.scheme = scheme
            self.value = value
        }
    }

    /// The value of a key.
    public enum Value: Sendable {
        /// Asked for, not given.
        case absent
        /// `pskc:PlainValue`.
        case clear(ZeroedBytes)
        /// `pskc:EncryptedValue` under the document key, and the MAC over it.
        case encrypted(ciphertext: [UInt8], code: [UInt8]?)
    }

    /// What a protection system needs to know of a key (`DRMSystem`).
    public struct System: Sendable {
        public var id: String?
        /// A UUID, lower case and dashed.
        public var systemID: String
        public var keyID: KeyID
        public var name: String?
        /// A `pssh` box. Empty in a request that asks for it, as the members below; nil when it is not there.
        public var pssh: [UInt8]?
        /// Content of the `ContentProtection` element in an MPD: XML.
        public var contentProtection: [UInt8]?
        public var robustness: String?
        /// Lines of HLS playlists.
        public var signalling: [Signalling] = []
        public var smoothHeader: String?

        public init(systemID: String, keyID: KeyID) {
            self.systemID = systemID
            self.keyID = keyID
        }
    }

    /// `HLSSignalingData`.
    public struct Signalling: Sendable, Hashable {
        /// `media`, or the multivariant playlist in the words of the version (`master`, `multiVariant`); nil for media.
        public var playlist: String?
        public var data: [UInt8]

        public init(playlist: String?, data: [UInt8]) {
            self.playlist = playlist
            self.data = data
        }
    }

    /// `ContentKeyPeriod`. Times are kept as they are written.
    public struct Period: Sendable, Hashable {
        public var id: String?
        public var index: Int?
        public var label: String?
        public var start: String?
        public var end: String?
        public var startOffset: String?
        public var endOffset: String?
        public var duration: String?

        public init(id: String?) {
            self.id = id
        }
    }

    /// Which tracks a key is for (`ContentKeyUsageRule`): those that every kind of filter matches.
    public struct UsageRule: Sendable, Hashable {
        public var id: String?
        public var keyID: KeyID
        public var intendedTrackType: String?
        /// Ids of periods.
        public var periods: [String] = []
        public var labels: [String] = []
        public var video: [VideoFilter] = []
        public var audio: [AudioFilter] = []
        public var bitrates: [BitrateFilter] = []

        public init(keyID: KeyID, intendedTrackType: String? = nil) {
            self.keyID = keyID
            self.intendedTrackType = intendedTrackType
        }
    }

    /// Bounds are inclusive; nil for none.
    public struct VideoFilter: Sendable, Hashable {
        public var minPixels: Int?
        public var maxPixels: Int?
        public var hdr: Bool?
        public var wcg: Bool?
        /// Exclusive, as the standard has it.
        public var minFramesPerSecond: Int?
        public var maxFramesPerSecond: Int?

        public init(minPixels: Int? = nil, maxPixels: Int? = nil) {
            self.minPixels = minPixels
            self.maxPixels = maxPixels
        }
    }

    public struct AudioFilter: Sendable, Hashable {
        public var minChannels: Int?
        public var maxChannels: Int?

        public init(minChannels: Int? = nil, maxChannels: Int? = nil) {
            self.minChannels = minChannels
            self.maxChannels = maxChannels
        }
    }

    /// In bits a second.
    public struct BitrateFilter: Sendable, Hashable {
        public var minBitrate: Int?
        public var maxBitrate: Int?

        public init() {}
    }

    /// Who can open the key values (`DeliveryData`).
    public struct Delivery: Sendable {
        public var id: String?
        public var name: String?
        /// DER of the certificate that the keys below are encrypted to.
        public var certificate: [UInt8]
        /// Encrypts the content keys; nil in a request.
        public var documentKey: WrappedKey?
        /// Makes the MACs; nil in a request.
        public var macKey: WrappedKey?

        public init(certificate: [UInt8]) {
            self.certificate = certificate
        }
    }

    /// A key encrypted to a certificate by RSA-OAEP-MGF1P.
    public struct WrappedKey: Sendable, Hashable {
        public var ciphertext: [UInt8]
        /// SHA-1 unless the document says SHA-256.
        public var usesSHA256: Bool

        public init(ciphertext: [UInt8], usesSHA256: Bool = false) {
            self.ciphertext = ciphertext
            self.usesSHA256 = usesSHA256
        }
    }
}
