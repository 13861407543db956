public import MediaModel

/// `trun`: the samples of a fragment (ISO/IEC 14496-12, 8.8.8). Version 1, with signed composition offsets, is written
/// unless version 0 is asked for and does; version 0 is read when its offsets fit.
public struct TrackRunBox: ReadableBox {
    public let type: FourCC = "trun"
    /// From the base of `tfhd` to the first sample, in bytes.
    public var dataOffset: Int32?
    /// Replaces the default for the first sample only.
    public var firstSampleFlags: SampleFlags?
    /// Which fields the samples carry; the others have defaults.
    public var present: Fields
    public var samples: [Sample]
    /// For readers that are older than version 1; heeded where no offset is negative.
    public var prefersVersion0 = false

    /// A sample; a field that is not present is zero here.
    public struct Sample: Sendable, Hashable {
        public var duration: UInt32
        public var size: UInt32
        public var flags: SampleFlags
        public var compositionOffset: Int32
    }

    /// Bits of the box's flags that say which fields each sample has.
    public struct Fields: OptionSet, Sendable, Hashable {
        public let rawValue: UInt32

        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        public static let duration = Fields(rawValue: 0x0100)
        public static let size = Fields(rawValue: 0x0200)
        public static let flags = Fields(rawValue: 0x0400)
        public static let compositionOffset = Fields(rawValue: 0x0800)

        /// Bytes of a sample's entry.
        var entrySize: Int { 4 * (rawValue & 0x0F00).nonzeroBitCount }
    }

    public init(dataOffset: Int32?, firstSampleFlags: SampleFlags?, present: Fields, samples: [Sample]) {
        self.dataOffset = dataOffset
        self.firstSampleFlags = firstSampleFlags
        self.present = present
        self.samples = samples
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let at = input.position
        let (version, flags) = try input.version(upTo: 1)
        present = Fields(rawValue: flags & 0x0F00)
        let count = try input.entryCount(of: present.entrySize, mayBeEmpty: true)
        guard count <= options.maximumSamples else { throw BoxError(.tooMany("samples"), at: at) }
        dataOffset = flags & 1 != 0 ? try input.int32() : nil
        firstSampleFlags = flags & 4 != 0 ? SampleFlags(rawValue: try input.uint32()) : nil
        samples = []
        for _ in 0..<count {
            samples.append(try Sample(reading: &input, present: present, version: version))
        }
    }

    public var fieldsSize: Int {
        8 + (dataOffset == nil ? 0 : 4) + (firstSampleFlags == nil ? 0 : 4) + present.entrySize * samples.count
    }

    public var fields: [BoxField] {
        [
            dataOffset.map { BoxField("dataOffset", $0) }, firstSampleFlags.map { BoxField("firstSampleFlags", $0) },
            BoxField("sampleCount", samples.count),
        ].compactMap { $0 }
            + (present.isEmpty
                ? [] : samples.enumerated().map { BoxField("sample \($0)", $1.text(present)) })
    }

    public func writeFields(to output: inout ByteOutput) {
        let flags = present.rawValue | (dataOffset == nil ? 0 : 1) | (firstSampleFlags == nil ? 0 : 4)
        output.version(prefersVersion0 && samples.allSatisfy { $0.compositionOffset >= 0 } ? 0 : 1, flags: flags)
        output.uint32(UInt32(clamping: samples.count))
        if let dataOffset { output.int32(dataOffset) }
        if let firstSampleFlags { output.uint32(firstSampleFlags.rawValue) }
        for sample in samples { sample.write(to: &output, present) }
    }
}

extension TrackRunBox.Sample {
    fileprivate init(
        reading input: inout ByteInput, present: TrackRunBox.Fields, version: UInt8
    ) throws(BoxError) {
        duration = present.contains(.duration) ? try input.uint32() : 0
        size = present.contains(.size) ? try input.uint32() : 0
        flags = SampleFlags(rawValue: present.contains(.flags) ? try input.uint32() : 0)
        let at = input.position
        compositionOffset = present.contains(.compositionOffset) ? try input.int32() : 0
        guard version == 1 || compositionOffset >= 0 else {
            throw BoxError(.invalid("a composition offset of 2^31 or more"), at: at)
        }
    }

    fileprivate func write(to output: inout ByteOutput, _ present: TrackRunBox.Fields) {
        if present.contains(.duration) { output.uint32(duration) }
        if present.contains(.size) { output.uint32(size) }
        if present.contains(.flags) { output.uint32(flags.rawValue) }
        if present.contains(.compositionOffset) { output.int32(compositionOffset) }
    }

    fileprivate func text(_ present: TrackRunBox.Fields) -> String {
        [
            present.contains(.duration) ? "duration=\(duration)" : nil,
            present.contains(.size) ? "size=\(size)" : nil,
            present.contains(.flags) ? "flags=\(flags)" : nil,
            present.contains(.compositionOffset) ? "compositionOffset=\(compositionOffset)" : nil,
        ].compactMap { $0 }.joined(separator: " ")
    }
}
