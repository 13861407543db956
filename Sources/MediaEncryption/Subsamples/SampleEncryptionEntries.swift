import ISOBaseMedia

extension ProtectedRun {
    /// The run as `senc` says it: clear counts have 16 bits there, so longer ones are split (ISO/IEC 23001-7, 7.2).
    var subsamples: [SampleEncryptionBox.Subsample] {
        var entries: [SampleEncryptionBox.Subsample] = []
        var clear = clearBytes
        while clear > Int(UInt16.max) {
            entries.append(.init(clearBytes: .max, protectedBytes: 0))
            clear -= Int(UInt16.max)
        }
        // Samples are below 4 GiB: their sizes are 32-bit numbers.
        entries.append(.init(clearBytes: UInt16(clamping: clear), protectedBytes: UInt32(clamping: protectedBytes)))
        return entries
    }
}
