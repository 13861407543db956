public import ContentKeys
public import ISOBaseMedia
public import MediaModel

/// One media segment as it will be sent: `styp`, `moof` and `mdat`, with exact sizes, made from the track's index before
/// any media byte is read and before any key is unwrapped. The same index, segment and parameters give the same bytes.
public struct FragmentPlan: Sendable {
    /// Bytes of everything before the samples: `styp`, `moof` and the header of `mdat`.
    public let headerSize: Int
    /// Bytes of all samples.
    public let mediaSize: Int
    /// Where the samples lie in the track file, in the order of `mdat`; neighbours are joined.
    public let mediaRanges: [Range<UInt64>]
    /// Nil for a clear segment.
    public let protection: ProtectionParameters?

    let kind: TrackKind
    let samples: [PlannedSample]
    private let fragment: MovieFragment
    private let prefix: FileTypeBox?

    /// - Parameter segment: counts from 0, in the index. Its number in `mfhd` is one more.
    /// - Parameter protection: nil for a clear segment.
    /// - Parameter layout: what surrounds the samples; `smooth` carries no protection but `cenc`.
    /// - Parameter group: what the fragment says of its key, where that is not the init segment's; CMAF only.
    /// - Parameter usedEntry: the sample entry of the init segment; `clear` for clear segments of a protected CMAF track.
    /// - Throws: `MediaEncryptionError` when the segment does not exist, or cannot be protected or written.
    public init(
        _ index: TrackIndex, segment: Int, protection: ProtectionParameters?, layout: FragmentLayout = .cmaf,
        entry usedEntry: MovieFragment.DescriptionEntry = .usual, group: SampleProtection? = nil
    ) throws(MediaEncryptionError) {
        guard segment >= 0, segment < index.segmentCount, let sequence = UInt32(exactly: segment + 1) else {
            throw .noSegment(segment)
        }
        let entry = index.segment(segment)
        guard entry.sampleCount <= MovieFragment.maximumSamples else { throw .boxes(BoxError(.tooMany("samples"))) }
        guard layout == .cmaf || (protection?.scheme ?? .cenc) == .cenc else {
            throw .boxes(BoxError(.invalid("PIFF 1.1 has no form for \(protection?.scheme.rawValue ?? "")")))
        }
        let entries = index.samples(of: entry)
        guard usedEntry == .usual || (protection == nil && layout == .cmaf) else {
            throw .boxes(BoxError(.invalid("the clear sample entry is for clear CMAF segments")))
        }
        guard group == nil || (protection != nil && layout == .cmaf) else {
            throw .boxes(BoxError(.invalid("a key of a crypto period is for protected CMAF segments")))
        }
        kind = index.description.kind
        self.protection = protection
        samples =
            try protection.map { (parameters) throws(MediaEncryptionError) in
                try PlannedSample.plan(index, segment: entry, entries: entries, parameters: parameters)
            } ?? []
        do throws(BoxError) {
            fragment = try layout.fragment(
                index, sequence, entry, entries, Self.box(samples, protection), usedEntry, group)
        } catch {
            throw .boxes(error)
        }
        prefix = layout.prefix
        headerSize = (layout.prefix?.size ?? 0) + fragment.headerSize
        mediaSize = fragment.mediaSize
        mediaRanges = Self.joined(entries)
    }

    /// Bytes of the whole segment.
    public var size: Int { headerSize + mediaSize }

    /// `styp`, `moof` and the header of `mdat`: the first `headerSize` bytes of the segment.
    public func header() -> [UInt8] {
        var output = ByteOutput(capacity: headerSize)
        prefix?.write(to: &output)
        fragment.writeHeader(to: &output)
        return output.bytes
    }

    /// The encryptor of the samples' bytes. One owner, used once.
    ///
    /// - Throws: `MediaEncryptionError` when the segment is clear or the key is not of the scheme's type.
    public func encryptor(key: ContentKey) throws(MediaEncryptionError) -> FragmentEncryptor {
        guard let protection else { throw .notProtected }
        let cipher = try protection.scheme.rules.cipher(protection.number, kind: kind, key: key)
        return FragmentEncryptor(samples: samples, cipher: cipher)
    }

    private static func box(_ samples: [PlannedSample], _ parameters: ProtectionParameters?) -> SampleEncryptionBox? {
        guard let parameters else { return nil }
        let rules = parameters.scheme.rules
        return SampleEncryptionBox(
            samples: samples.map { sample in
                SampleEncryptionBox.Sample(
                    initializationVector: rules.sampleIV(parameters.number, sample: sample.number),
                    subsamples: sample.hasMap ? sample.runs.flatMap(\.subsamples) : [])
            })
    }

    private static func joined(_ entries: [SampleEntry]) -> [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        for entry in entries {
            // The index was checked: samples lie within the file.
            let range = entry.offset..<(entry.offset + UInt64(entry.size))
            if let last = ranges.last, last.upperBound == range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        return ranges
    }
}
