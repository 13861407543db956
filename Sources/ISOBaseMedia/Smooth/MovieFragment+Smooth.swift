import MediaModel

extension MovieFragment {
    /// A fragment of Smooth Streaming on demand ([MS-SSTR], 2.2.4): no time of its own, since the manifest has it, and what
    /// encrypts the samples as PIFF 1.1 has it.
    ///
    /// - Parameters:
    ///   - samples: in times of Smooth Streaming.
    ///   - encryption: IVs and subsamples, one entry a sample; nil when the samples are clear.
    /// - Throws: `BoxError` when there is no sample, or when there are too many samples, bytes or entries.
    public init(
        smooth sequenceNumber: UInt32, samples: [FragmentSample], encryption: SampleEncryptionBox? = nil
    ) throws(BoxError) {
        guard !samples.isEmpty else { throw BoxError(.invalid("a fragment without samples")) }
        guard samples.count <= Self.maximumSamples else { throw BoxError(.tooMany("samples")) }
        mediaSize = samples.reduce(0) { $0 + Int($1.size) }
        guard mediaSize <= Self.maximumMediaSize else { throw BoxError(.tooMany("bytes of media")) }
        guard encryption.map({ $0.samples.count == samples.count }) ?? true else {
            throw BoxError(.invalid("encryption information for another number of samples"))
        }
        let run = SampleRun(samples)
        var header = run.header(trackID: TrackDescription.trackID)
        // Older than the flag: offsets count from the start of `moof` where there is nothing else to count from.
        header.defaultBaseIsMoof = false
        let protection: [any Box] = encryption.map { [PIFFSampleEncryptionBox($0)] } ?? []
        func boxes(dataOffset: Int32) -> ContainerBox {
            var box = run.box(dataOffset: dataOffset)
            box.prefersVersion0 = true
            return ContainerBox(
                "moof",
                [
                    MovieFragmentHeaderBox(sequenceNumber: sequenceNumber),
                    ContainerBox("traf", [header, box] + protection),
                ])
        }
        headerSize = boxes(dataOffset: 0).size + MediaDataBox.headerSize
        guard let dataOffset = Int32(exactly: headerSize) else { throw BoxError(.tooMany("subsamples")) }
        moof = boxes(dataOffset: dataOffset)
    }
}
