public import ContentKeys
public import ISOBaseMedia

/// The common system of W3C: a `pssh` that lists KIDs and has no data of its own ("cenc" Initialization Data Format,
/// section 4). Any key system that knows the format can ask for the keys; ClearKey in browsers does.
public enum CommonSystem {
    /// The header for the keys of one track. Each track lists its own keys only.
    public static func header(keyIDs: [KeyID]) -> ProtectionSystemHeader {
        ProtectionSystemHeader(systemID: systemID, keyIDs: keyIDs.map(\.boxBytes))
    }

    private static var systemID: UUIDBytes {
        UUIDBytes(high: 0x1077_EFEC_C0B2_4D02, low: 0xACE3_3C1E_52E2_FB4B)
    }
}
