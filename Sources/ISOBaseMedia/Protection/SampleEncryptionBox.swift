public import MediaModel

/// `senc`: IV and subsamples of each sample of a fragment (ISO/IEC 23001-7, 7.2).
public struct SampleEncryptionBox: ReadableBox, Hashable {
    public let type: FourCC = "senc"
    public var samples: [Sample]

    /// One sample's encryption information.
    public struct Sample: Sendable, Hashable {
        /// 8 or 16 bytes; none with a constant IV.
        public var initializationVector: [UInt8]
        /// In file order; none when the whole sample is encrypted.
        public var subsamples: [Subsample]

        public init(initializationVector: [UInt8], subsamples: [Subsample]) {
            self.initializationVector = initializationVector
            self.subsamples = subsamples
        }

        /// Bytes of the entry, in `senc` and in `saiz`.
        func size(hasSubsamples: Bool) -> Int {
            initializationVector.count + (hasSubsamples ? 2 + 6 * subsamples.count : 0)
        }
    }

    /// Clear bytes, then protected bytes. In `senc` the first count has 16 bits.
    public struct Subsample: Sendable, Hashable {
        public var clearBytes: UInt16
        public var protectedBytes: UInt32

        public init(clearBytes: UInt16, protectedBytes: UInt32) {
            self.clearBytes = clearBytes
            self.protectedBytes = protectedBytes
        }
    }

    public init(samples: [Sample]) {
        self.samples = samples
    }

    /// Reads with the IV size of the options: the box does not carry it.
    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let flags = try input.version(upTo: 0).flags
        let hasSubsamples = flags & 2 == 2
        let at = input.position
        let count = try input.entryCount(of: options.perSampleIVSize + (hasSubsamples ? 2 : 0), mayBeEmpty: true)
        guard count <= options.maximumSamples else { throw BoxError(.tooMany("samples"), at: at) }
        samples = []
        for _ in 0..<count {
            let iv = try input.bytes(options.perSampleIVSize)
            var subsamples: [Subsample] = []
            if hasSubsamples {
                for _ in 0..<(try input.uint16()) {
                    subsamples.append(
                        Subsample(clearBytes: try input.uint16(), protectedBytes: try input.uint32()))
                }
            }
            samples.append(Sample(initializationVector: iv, subsamples: subsamples))
        }
    }

    /// Whether any sample has subsamples: then all entries carry a count.
    var hasSubsamples: Bool { samples.contains { !$0.subsamples.isEmpty } }

    /// Bytes of each sample's entry.
    public var entrySizes: [Int] {
        let hasSubsamples = hasSubsamples
        return samples.map { $0.size(hasSubsamples: hasSubsamples) }
    }

    /// Offset of the first entry from the start of the box, for `saio`.
    public static let firstEntryOffset = 16

    public var fieldsSize: Int { entrySizes.reduce(8, +) }

    public var fields: [BoxField] {
        [BoxField("sampleCount", samples.count)]
            + samples.enumerated().map { number, sample in
                let map = sample.subsamples.map { "\($0.clearBytes)+\($0.protectedBytes)" }.joined(separator: " ")
                return BoxField("sample \(number)", "iv=\(sample.initializationVector.hexadecimal) \(map)")
            }
    }

    public func writeFields(to output: inout ByteOutput) {
        let hasSubsamples = hasSubsamples
        output.version(0, flags: hasSubsamples ? 2 : 0)
        output.uint32(UInt32(clamping: samples.count))
        for sample in samples {
            output.append(contentsOf: sample.initializationVector)
            guard hasSubsamples else { continue }
            output.uint16(UInt16(clamping: sample.subsamples.count))
            for subsample in sample.subsamples {
                output.uint16(subsample.clearBytes)
                output.uint32(subsample.protectedBytes)
            }
        }
    }
}
