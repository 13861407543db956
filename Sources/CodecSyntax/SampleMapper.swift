public import MediaModel

/// What reading one sample says of it.
public struct SampleMap: Hashable, Sendable {
    /// What of the sample may be encrypted, in order; the sum is the sample's size. Empty: all of it.
    public var subsamples: [SubsampleEntry]
    /// Whether decoding can start here, by the coded data; nil when the codec does not say.
    public var isSync: Bool?

    /// A map of one sample.
    public init(subsamples: [SubsampleEntry], isSync: Bool?) {
        self.subsamples = subsamples
        self.isSync = isSync
    }
}

/// Reads the samples of one track for what protection schemes need of them.
///
/// A value with state: codecs whose headers depend on those before them (AV1, VP9, parameter sets within samples) must
/// be given every sample of the track once, in decode order.
public protocol SampleMapper: Sendable {
    /// Reads the next sample.
    ///
    /// - Throws: when the sample is damaged, or of a form that this module does not read. Afterwards the state is not
    ///   defined: the track must be refused.
    mutating func map(_ sample: UnsafeRawBufferPointer) throws(CodecSyntaxError) -> SampleMap
}

extension SampleMapper {
    /// As `map(_:)` over borrowed memory.
    public mutating func map(_ sample: [UInt8]) throws(CodecSyntaxError) -> SampleMap {
        var mapper = self
        let map = try sample.withRawBytes { (bytes) throws(CodecSyntaxError) in try mapper.map(bytes) }
        self = mapper
        return map
    }
}

/// Audio: each sample may be encrypted as a whole, and decoding can start at each.
public struct WholeSampleMapper: SampleMapper {
    /// Without state.
    public init() {}

    public mutating func map(_ sample: UnsafeRawBufferPointer) throws(CodecSyntaxError) -> SampleMap {
        guard !sample.isEmpty else { throw CodecSyntaxError(.truncated, .sample, "it is empty") }
        return SampleMap(subsamples: [], isSync: true)
    }
}

/// Joins clear runs until protected bytes follow.
struct SubsampleCollector {
    private(set) var entries: [SubsampleEntry] = []
    private var clear = 0

    mutating func add(clear count: Int, protected: Int = 0) {
        clear += count
        guard protected > 0 else { return }
        // Samples are below 4 GiB: whoever maps them has checked it.
        entries.append(
            SubsampleEntry(
                clearBytes: UInt32(truncatingIfNeeded: clear), protectedBytes: UInt32(truncatingIfNeeded: protected)))
        clear = 0
    }

    /// The entries, the last of them without protected bytes if clear ones are left.
    mutating func finish() -> [SubsampleEntry] {
        if clear > 0 {
            entries.append(SubsampleEntry(clearBytes: UInt32(truncatingIfNeeded: clear), protectedBytes: 0))
            clear = 0
        }
        return entries
    }
}
