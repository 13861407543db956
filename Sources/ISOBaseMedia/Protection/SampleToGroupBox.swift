public import MediaModel

/// `sbgp`: which samples are in which group (ISO/IEC 14496-12, 8.9.2).
public struct SampleToGroupBox: ReadableBox {
    public let type: FourCC = "sbgp"
    public var grouping: FourCC
    public var parameter: UInt32?
    public var runs: [Run]

    public struct Run: Sendable, Hashable {
        public var sampleCount: UInt32
        /// Counts from 1; 0 is no group. From 65537 in a fragment: entries of the fragment's own `sgpd`.
        public var descriptionIndex: UInt32

        public init(sampleCount: UInt32, descriptionIndex: UInt32) {
            self.sampleCount = sampleCount
            self.descriptionIndex = descriptionIndex
        }
    }

    public init(grouping: FourCC, parameter: UInt32? = nil, runs: [Run]) {
        self.grouping = grouping
        self.parameter = parameter
        self.runs = runs
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let version = try input.version(upTo: 1).version
        grouping = try input.fourCC()
        parameter = version == 1 ? try input.uint32() : nil
        runs = []
        for _ in 0..<(try input.entryCount(of: 8)) {
            runs.append(Run(sampleCount: try input.uint32(), descriptionIndex: try input.uint32()))
        }
    }

    public var fieldsSize: Int { 12 + (parameter == nil ? 0 : 4) + 8 * runs.count }

    public var fields: [BoxField] {
        [BoxField("grouping", grouping)]
            + runs.map { BoxField("samples", "\($0.sampleCount) in \($0.descriptionIndex)") }
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(parameter == nil ? 0 : 1)
        output.fourCC(grouping)
        if let parameter { output.uint32(parameter) }
        output.uint32(UInt32(clamping: runs.count))
        for run in runs {
            output.uint32(run.sampleCount)
            output.uint32(run.descriptionIndex)
        }
    }
}
