import CodecSyntax
import ISOBaseMedia
import MediaModel
import TrackCodecs

/// AVC (ISO/IEC 14496-15, clause 5): `avc1`, and `avc3` whose parameter sets never change. Both are stored as `avc1` with
/// lengths of 4 bytes.
struct AVCSampleCoding: SampleCoding {
    let configuration: CodecConfiguration
    let format: CodedFormat
    private let parameters: AVCParameterSets
    private let mapper: AVCSubsampleMapper
    /// Bytes of NAL unit lengths in the file.
    private let lengthSize: Int

    /// From an `avc1` entry.
    init(_ entry: any Box) throws(SampleCodingError) {
        guard let record = entry.first(AVCConfigurationBox.self)?.configuration else {
            throw SampleCodingError(.damaged, "it has no 'avcC'")
        }
        let read = try SampleCodingError.catching { try AVCDecoderConfiguration(parsing: record) }
        try self.init(read, entry, lengthSize: read.lengthSize)
    }

    /// From an `avc3` entry: what its configuration lacks, the first sample must have.
    init(inBand entry: any Box, firstSample: [UInt8]) throws(SampleCodingError) {
        guard let record = entry.first(AVCConfigurationBox.self)?.configuration, record.count > 4 else {
            throw SampleCodingError(.damaged, "it has no 'avcC'")
        }
        if let whole = try? AVCDecoderConfiguration(parsing: record) {
            try self.init(whole, entry, lengthSize: whole.lengthSize)
            return
        }
        let lengthSize = Int(record[4] & 3) + 1
        let sample = try Self.withLongLengths(firstSample, from: lengthSize)
        let made = try SampleCodingError.catching {
            let units = try LengthPrefixedNALUnits.all(in: sample)
            return try AVCDecoderConfiguration(
                sequenceParameterSets: Self.sets(.sequenceParameterSet, of: units, in: sample),
                pictureParameterSets: Self.sets(.pictureParameterSet, of: units, in: sample))
        }
        try self.init(made, entry, lengthSize: lengthSize)
    }

    private init(
        _ record: AVCDecoderConfiguration, _ entry: any Box, lengthSize: Int
    ) throws(SampleCodingError) {
        var bytes = record.encoded
        // lengthSizeMinusOne
        bytes[4] |= 3
        let stored = try SampleCodingError.catching { try AVCDecoderConfiguration(parsing: bytes) }
        let parameters = try SampleCodingError.catching { try AVCParameterSets(stored) }
        let codec = try SampleCodingError.catching { try TrackCodec(avc: bytes, entry) }
        guard let picture = codec.picture else { throw SampleCodingError(.damaged, "it has no pictures") }
        self.lengthSize = lengthSize
        self.parameters = parameters
        mapper = try SampleCodingError.catching { try AVCSubsampleMapper(configuration: stored) }
        format = .video(picture)
        configuration = codec.configuration
    }

    private static func sets(_ type: NALUnitType, of units: [NALUnit], in sample: [UInt8]) -> [[UInt8]] {
        units.filter { $0.type == type }.map { Array(sample[$0.range]) }
            .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    func coded(_ sample: [UInt8], isSync: Bool) throws(SampleCodingError) -> CodedSample {
        let bytes = try Self.withLongLengths(sample, from: lengthSize)
        if isSync { try checkStart(bytes) }
        let subsamples = try SampleCodingError.catching { try mapper.subsamples(of: bytes) }
        return CodedSample(bytes: bytes, subsamples: subsamples)
    }

    /// A decoder can begin with an IDR picture, or, in open groups of pictures, with one that refers to no other.
    private func checkStart(_ sample: [UInt8]) throws(SampleCodingError) {
        let parameters = parameters
        let isStart = try SampleCodingError.catching {
            try sample.withUnsafeBytes { bytes in
                var walk = LengthPrefixedNALUnits(bytes)
                var hasSlice = false
                while let unit = try walk.next() {
                    guard unit.type.isSlice else { continue }
                    hasSlice = true
                    if unit.type == .sliceIDR { continue }
                    let type = try SliceHeader(unit, in: bytes, parameters: parameters).type
                    guard type == .intra || type == .switchingIntra else { return false }
                }
                return hasSlice
            }
        }
        guard isStart else {
            throw SampleCodingError(.damaged, "it is marked as a key frame and refers to other pictures")
        }
    }

    /// The sample with lengths of 4 bytes.
    private static func withLongLengths(_ sample: [UInt8], from size: Int) throws(SampleCodingError) -> [UInt8] {
        guard size != LengthPrefixedNALUnits.prefixLength else { return sample }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sample.count + 64)
        var position = 0
        while position < sample.count {
            guard sample.count - position > size else {
                throw SampleCodingError(.damaged, "the sample ends inside a NAL unit's length")
            }
            let length = Int(sample.bigEndian(at: position, count: size))
            position += size
            guard length > 0, length <= sample.count - position else {
                throw SampleCodingError(
                    .damaged, "a NAL unit of \(length) bytes where \(sample.count - position) are left")
            }
            bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
            bytes += sample[position..<(position + length)]
            position += length
        }
        return bytes
    }
}

extension SampleCodingError {
    /// What the codec's own parser says, in this target's words.
    static func catching<Value>(_ body: () throws -> Value) throws(SampleCodingError) -> Value {
        do {
            return try body()
        } catch let error as SampleCodingError {
            throw error
        } catch let error as TrackCodecError {
            throw SampleCodingError(error)
        } catch let error as CodecSyntaxError {
            throw SampleCodingError(error.code == .unsupported ? .unsupported : .damaged, error.description)
        } catch {
            throw SampleCodingError(.damaged, "\(error)")
        }
    }
}

extension SampleCodingError {
    fileprivate init(_ error: TrackCodecError) {
        let code: MovieError.Code =
            switch error.code {
            case .unsupported: .unknownCodec
            case .damaged: .damaged
            case .encrypted: .encrypted
            }
        self.init(code, error.reason)
    }
}
