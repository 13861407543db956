/// The system id of a protection system, as it stands in `pssh` and in `ContentProtection` (DASH-IF registry).
public enum ProtectionSystemID: String, Sendable, CaseIterable {
    /// The common system of W3C: a `pssh` that only lists KIDs.
    case common = "1077efec-c0b2-4d02-ace3-3c1e52e2fb4b"
    /// ClearKey as DASH-IF signals it.
    case clearKey = "e2719d58-a985-b3c9-781a-b030af78d30e"

    /// The 16 bytes in textual order.
    public var bytes: [UInt8] {
        KeyID(rawValue)?.bytes ?? []
    }
}
