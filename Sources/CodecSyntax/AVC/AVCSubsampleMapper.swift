public import MediaModel

/// Finds what of an AVC sample may be encrypted (ISO/IEC 23001-7, 9.5.2 and 10.4.2): of each slice its data; length,
/// NAL unit header, slice header and every other NAL unit stay clear.
public struct AVCSubsampleMapper: Sendable {
    private let configuration: AVCDecoderConfiguration
    private var parameters: AVCParameterSets
    private let takesParameterSets: Bool

    /// - Parameters:
    ///   - configuration: the track's decoder configuration; lengths in samples must take 4 bytes.
    ///   - takesParameterSets: `map(_:)` takes parameter sets of samples into force, as `avc3` has them; else one that is
    ///     not the sample entry's is refused.
    /// - Throws: when another length size is declared or a parameter set cannot be read.
    public init(
        configuration: AVCDecoderConfiguration, takesParameterSets: Bool = false
    ) throws(CodecSyntaxError) {
        guard configuration.lengthSize == LengthPrefixedNALUnits.prefixLength else {
            throw CodecSyntaxError(.unsupported, .decoderConfiguration, "NAL unit lengths do not take 4 bytes")
        }
        self.configuration = configuration
        self.takesParameterSets = takesParameterSets
        parameters = try AVCParameterSets(configuration)
    }

    /// The subsamples of one sample, in order; their sum is the size of the sample. A clear run at the end is an entry
    /// of its own without protected bytes.
    ///
    /// - Throws: when the NAL units contradict the sample's size, a slice header cannot be read, a slice is of a kind
    ///   that this module does not know, or a parameter set in the sample differs from the track's.
    public func subsamples(of sample: UnsafeRawBufferPointer) throws(CodecSyntaxError) -> [SubsampleEntry] {
        guard sample.count <= Int(UInt32.max) else { throw CodecSyntaxError(.outOfRange, .sample, "larger than 4 GiB") }
        var walk = LengthPrefixedNALUnits(sample)
        var entries: [SubsampleEntry] = []
        var clear = 0
        while let unit = try walk.next() {
            clear += LengthPrefixedNALUnits.prefixLength
            let kept = try clearLength(of: unit, in: sample)
            clear += kept
            guard kept < unit.length else { continue }
            entries.append(
                SubsampleEntry(
                    clearBytes: UInt32(truncatingIfNeeded: clear),
                    protectedBytes: UInt32(truncatingIfNeeded: unit.length - kept)))
            clear = 0
        }
        if clear > 0 {
            entries.append(SubsampleEntry(clearBytes: UInt32(truncatingIfNeeded: clear), protectedBytes: 0))
        }
        return entries
    }

    /// As `subsamples(of:)` over borrowed memory.
    public func subsamples(of sample: [UInt8]) throws(CodecSyntaxError) -> [SubsampleEntry] {
        try sample.withRawBytes { (bytes) throws(CodecSyntaxError) in try subsamples(of: bytes) }
    }

    private func clearLength(
        of unit: NALUnit, in sample: UnsafeRawBufferPointer
    ) throws(CodecSyntaxError) -> Int {
        if unit.type.isSlice { return try SliceHeader(unit, in: sample, parameters: parameters).byteLength }
        if unit.type.isUnsupportedSlice {
            throw CodecSyntaxError(
                .unsupported, .sample, at: unit.offset * 8, "a slice of nal_unit_type \(unit.type.rawValue)")
        }
        try checkParameterSet(unit, in: sample)
        return unit.length
    }

    /// In `avc1` tracks the parameter sets stand in the sample entry (ISO/IEC 14496-15, 5.3.3.1). A repetition is
    /// harmless; another one would silently move the end of every slice header behind it.
    private func checkParameterSet(_ unit: NALUnit, in sample: UnsafeRawBufferPointer) throws(CodecSyntaxError) {
        let known: [[UInt8]]
        switch unit.type {
        case .sequenceParameterSet: known = configuration.sequenceParameterSets
        case .pictureParameterSet: known = configuration.pictureParameterSets
        default: return
        }
        guard known.contains(where: { $0.elementsEqual(sample[unit.range]) }) else {
            throw CodecSyntaxError(
                .unsupported, .sample, at: unit.offset * 8, "a parameter set that is not the sample entry's")
        }
    }
}

extension AVCSubsampleMapper: SampleMapper {
    public mutating func map(_ sample: UnsafeRawBufferPointer) throws(CodecSyntaxError) -> SampleMap {
        guard !sample.isEmpty, sample.count <= Int(UInt32.max) else {
            throw CodecSyntaxError(.outOfRange, .sample, "it is empty or larger than 4 GiB")
        }
        var walk = LengthPrefixedNALUnits(sample)
        var entries = SubsampleCollector()
        var isSync = false
        while let unit = try walk.next() {
            let isSet = unit.type == .sequenceParameterSet || unit.type == .pictureParameterSet
            if isSet, takesParameterSets { try parameters.read(Array(sample[unit.range]), unit.type) }
            let clear = isSet && takesParameterSets ? unit.length : try clearLength(of: unit, in: sample)
            entries.add(clear: LengthPrefixedNALUnits.prefixLength + clear, protected: unit.length - clear)
            isSync = isSync || unit.type == .sliceIDR
        }
        return SampleMap(subsamples: entries.finish(), isSync: isSync)
    }
}
