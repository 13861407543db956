/// The parameter sets in force, by their ids.
struct HEVCParameterSets: Sendable {
    var sequences: [Int: HEVCSequenceParameterSet] = [:]
    var pictures: [Int: HEVCPictureParameterSet] = [:]

    /// Takes a NAL unit in, if it is a parameter set of the base layer.
    mutating func read(_ unit: HEVCNALUnit, in bytes: UnsafeRawBufferPointer) throws(CodecSyntaxError) {
        guard unit.layer == 0 else { return }
        let content = UnsafeRawBufferPointer(rebasing: bytes[unit.range])
        switch unit.type {
        case .sequenceParameterSet:
            let set = try HEVCSequenceParameterSet(nalUnit: content)
            sequences[set.id] = set
        case .pictureParameterSet:
            let set = try HEVCPictureParameterSet(nalUnit: content)
            pictures[set.id] = set
        default: break
        }
    }
}

/// Finds what of an HEVC sample may be encrypted (ISO/IEC 23001-7, 9.5.2 and 10.4.2): of each slice segment its data;
/// length, NAL unit header, slice segment header and every other NAL unit stay clear.
///
/// Parameter sets may stand in the samples as well (`hev1`): they are in force from there on.
public struct HEVCSubsampleMapper: SampleMapper {
    private let lengthSize: Int
    private var parameters = HEVCParameterSets()

    /// - Throws: when a parameter set of the record cannot be read.
    public init(configuration: HEVCDecoderConfiguration) throws(CodecSyntaxError) {
        lengthSize = configuration.lengthSize
        for unit in configuration.nalUnits {
            var sets = parameters
            try unit.withRawBytes { (bytes) throws(CodecSyntaxError) in
                let type = HEVCNALUnitType(rawValue: bytes[0] >> 1)
                let layer = bytes[0] << 5 & 0x20 | bytes[1] >> 3
                try sets.read(HEVCNALUnit(offset: 0, length: bytes.count, type: type, layer: layer), in: bytes)
            }
            parameters = sets
        }
    }

    /// The sequence parameter set of the lowest id, if the record has any.
    public var sequence: HEVCSequenceParameterSet? {
        parameters.sequences.keys.min().flatMap { parameters.sequences[$0] }
    }

    public mutating func map(_ sample: UnsafeRawBufferPointer) throws(CodecSyntaxError) -> SampleMap {
        guard !sample.isEmpty, sample.count <= Int(UInt32.max) else {
            throw CodecSyntaxError(.outOfRange, .sample, "it is empty or larger than 4 GiB")
        }
        var walk = HEVCSampleUnits(sample, lengthSize: lengthSize)
        var subsamples = SubsampleCollector()
        var isSync: Bool?
        while let unit = try walk.next() {
            guard !unit.type.isUnsupportedSlice, !(unit.type.isSlice && unit.layer > 0) else {
                throw CodecSyntaxError(
                    .unsupported, .sample, at: unit.offset * 8,
                    "picture data of nal_unit_type \(unit.type.rawValue) in layer \(unit.layer)")
            }
            if unit.type.isSlice {
                let clear = try HEVCSliceHeader(unit, in: sample, parameters: parameters).byteLength
                subsamples.add(clear: lengthSize + clear, protected: unit.length - clear)
                isSync = (isSync ?? true) && unit.type.isRandomAccess
            } else {
                try parameters.read(unit, in: sample)
                subsamples.add(clear: lengthSize + unit.length)
            }
        }
        return SampleMap(subsamples: subsamples.finish(), isSync: isSync ?? false)
    }
}
