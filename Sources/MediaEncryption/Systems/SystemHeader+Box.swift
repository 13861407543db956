import ContentKeys
public import ISOBaseMedia
public import ProtectionSystems

extension ProtectionSystemHeader {
    /// The box of a protection system's header, for the movie box of an init segment.
    public init?(_ header: SystemHeader) {
        guard let systemID = UUIDBytes(header.systemID) else { return nil }
        self.init(systemID: systemID, keyIDs: header.keyIDs.map(\.boxBytes), data: header.data)
    }
}
