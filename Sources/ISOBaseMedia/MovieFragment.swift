public import MediaModel

/// A sample as a fragment describes it.
public struct FragmentSample: Sendable, Hashable {
    /// In bytes.
    public var size: UInt32
    /// In the track's timescale.
    public var duration: UInt32
    /// Presentation time less decode time.
    public var compositionOffset: Int32
    /// A decoder can start here.
    public var isSync: Bool

    public init(size: UInt32, duration: UInt32, compositionOffset: Int32 = 0, isSync: Bool) {
        self.size = size
        self.duration = duration
        self.compositionOffset = compositionOffset
        self.isSync = isSync
    }

    /// From the index of a track.
    public init(_ entry: SampleEntry) {
        self.init(
            size: entry.size, duration: entry.duration, compositionOffset: entry.compositionOffset,
            isSync: entry.isSync)
    }
}

/// One fragment of one track: `moof` and the header of its `mdat` (ISO/IEC 23000-19, 7.3.2.4). Its exact size is known
/// without the samples' bytes, which follow the header in decode order without gaps.
public struct MovieFragment: Sendable {
    /// `moof` with its offsets in place.
    public let moof: ContainerBox
    /// Bytes of all samples.
    public let mediaSize: Int
    /// Bytes of `moof` and of the header of `mdat`.
    public let headerSize: Int

    /// Most samples that a fragment may have.
    public static let maximumSamples = 1 << 20
    /// Largest `mdat` and largest `moof`, in bytes: offsets in a fragment are signed 32-bit numbers.
    static let maximumMediaSize = 1 << 31

    /// What a fragment is of, besides its samples.
    public struct Header: Sendable, Hashable {
        public var sequenceNumber: UInt32
        public var trackID: UInt32
        /// Of the first sample, in the track's timescale.
        public var decodeTime: UInt64
        /// Which entry of the init segment describes the samples.
        public var entry: DescriptionEntry
        /// How all samples of the fragment are protected where that is not what `tenc` says: under the key of another crypto
        /// period.
        public var group: SampleProtection?

        public init(
            sequenceNumber: UInt32, trackID: UInt32 = TrackDescription.trackID, decodeTime: UInt64,
            entry: DescriptionEntry = .usual, group: SampleProtection? = nil
        ) {
            self.sequenceNumber = sequenceNumber
            self.trackID = trackID
            self.decodeTime = decodeTime
            self.entry = entry
            self.group = group
        }
    }

    /// The entries of an init segment's `stsd`, by their places there.
    public enum DescriptionEntry: UInt32, Sendable, Hashable {
        /// The first, which `trex` names for every fragment that names none.
        case usual = 1
        /// The second: the clear form of a protected track, for its clear lead.
        case clear = 2
    }

    /// - Parameter encryption: IVs and subsamples, one entry a sample; nil when the samples are clear.
    /// - Throws: `BoxError` when there is no sample, when there are too many samples or bytes, or when the encryption
    ///   information does not fit the samples or the 8 bits that `saiz` has for its size.
    public init(
        _ header: Header, samples: [FragmentSample], encryption: SampleEncryptionBox? = nil
    ) throws(BoxError) {
        guard !samples.isEmpty else { throw BoxError(.invalid("a fragment without samples")) }
        guard samples.count <= Self.maximumSamples else { throw BoxError(.tooMany("samples")) }
        mediaSize = samples.reduce(0) { $0 + Int($1.size) }
        guard mediaSize <= Self.maximumMediaSize else { throw BoxError(.tooMany("bytes of media")) }

        let run = SampleRun(samples)
        var boxes: [any Box] = [
            run.header(trackID: header.trackID, entry: header.entry),
            TrackFragmentDecodeTimeBox(decodeTime: header.decodeTime),
            run.box(dataOffset: 0),
        ]
        if let group = header.group { boxes += Self.groupBoxes(group, sampleCount: samples.count) }
        let sequence = MovieFragmentHeaderBox(sequenceNumber: header.sequenceNumber)
        if let encryption {
            let before = boxes.reduce(8 + sequence.size + 8) { $0 + $1.size }
            boxes += try Self.auxiliary(encryption, sampleCount: samples.count, at: before)
        }
        let moofSize = boxes.reduce(8 + sequence.size + 8) { $0 + $1.size }
        headerSize = moofSize + MediaDataBox.headerSize
        guard let dataOffset = Int32(exactly: headerSize) else { throw BoxError(.tooMany("subsamples")) }
        boxes[2] = run.box(dataOffset: dataOffset)
        moof = ContainerBox("moof", [sequence, ContainerBox("traf", boxes)])
    }

    /// `sgpd` with the one `seig` entry, and `sbgp` that puts every sample into it: entries of a fragment's own `sgpd` count
    /// from 65537 (ISO/IEC 14496-12, 8.9.4).
    private static func groupBoxes(_ group: SampleProtection, sampleCount: Int) -> [any Box] {
        [
            SampleGroupDescriptionBox(grouping: "seig", entries: [EncryptionGroupEntry(group).bytes]),
            SampleToGroupBox(
                grouping: "seig",
                runs: [.init(sampleCount: UInt32(clamping: sampleCount), descriptionIndex: 0x1_0001)]),
        ]
    }

    /// `saiz`, `saio` and `senc`: readers differ in which of them they need (ISO/IEC 23001-7, 7).
    ///
    /// - Parameter at: offset of the first of them from the start of `moof`.
    private static func auxiliary(
        _ encryption: SampleEncryptionBox, sampleCount: Int, at offset: Int
    ) throws(BoxError) -> [any Box] {
        guard encryption.samples.count == sampleCount else {
            throw BoxError(.invalid("encryption information for \(encryption.samples.count) of \(sampleCount) samples"))
        }
        var sizes: [UInt8] = []
        for size in encryption.entrySizes {
            guard let size = UInt8(exactly: size) else { throw BoxError(.tooMany("subsamples of one sample")) }
            sizes.append(size)
        }
        let saiz = SampleAuxiliarySizesBox(sizes: sizes)
        let saio = SampleAuxiliaryOffsetsBox(offsets: [0])
        let entries = offset + saiz.size + saio.size + SampleEncryptionBox.firstEntryOffset
        return [saiz, SampleAuxiliaryOffsetsBox(offsets: [UInt64(entries)]), encryption]
    }

    /// Bytes of the whole fragment.
    public var size: Int { headerSize + mediaSize }

    /// `moof` and the header of `mdat`; the samples follow.
    public func header() -> [UInt8] {
        var output = ByteOutput(capacity: headerSize)
        writeHeader(to: &output)
        return output.bytes
    }

    /// As `header()`, after what the output has already.
    public func writeHeader(to output: inout ByteOutput) {
        moof.write(to: &output)
        MediaDataBox(byteCount: mediaSize).writeHeader(to: &output)
    }
}
