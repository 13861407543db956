/// The system id of a protection system, as it stands in `pssh` and in `ContentProtection` (DASH-IF registry).
public enum ProtectionSystemID: String, Sendable, CaseIterable {
    /// The common system of W3C: a `pssh` that only lists KIDs.
    case common = "1077efec-c0b2-4d02-ace3-3c1e52e2fb4b"
    /// ClearKey as DASH-IF signals it.
    case clearKey = "e2719d58-a985-b3c9-781a-b030af78d30e"
    case widevine = "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"
    case playReady = "9a04f079-9840-4286-ab92-e65be0885f95"
    case fairPlay = "94ce86fb-07ff-4f43-adb8-93d2fa968ca2"

    /// The system of 16 bytes in textual order; nil for one that is not known here.
    public init?(bytes: some Collection<UInt8>) {
        guard let text = KeyID(bytes: bytes)?.description else { return nil }
        self.init(rawValue: text)
    }

    /// The 16 bytes in textual order.
    public var bytes: [UInt8] {
        KeyID(rawValue)?.bytes ?? []
    }
}
