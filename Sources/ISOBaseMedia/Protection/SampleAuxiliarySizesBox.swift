public import MediaModel

/// `saiz`: sizes of the samples' encryption information (ISO/IEC 14496-12, 8.7.8).
public struct SampleAuxiliarySizesBox: ReadableBox {
    public let type: FourCC = "saiz"
    /// Kind of information and its parameter; nil: that of the protection scheme.
    public var kind: SampleAuxiliaryKind?
    public var content: Content

    public enum Content: Sendable, Hashable {
        /// Every sample has the same size, which is not zero.
        case common(size: UInt8, sampleCount: UInt32)
        case each([UInt8])
    }

    /// The shorter form of these sizes.
    public init(sizes: [UInt8]) {
        kind = nil
        if let first = sizes.first, first != 0, sizes.allSatisfy({ $0 == first }) {
            content = .common(size: first, sampleCount: UInt32(clamping: sizes.count))
        } else {
            content = .each(sizes)
        }
    }

    public init(type: FourCC, input: inout ByteInput, options: BoxReadingOptions) throws(BoxError) {
        let flags = try input.version(upTo: 0).flags
        kind = flags & 1 == 1 ? try SampleAuxiliaryKind(reading: &input) : nil
        let size = try input.uint8()
        if size == 0 {
            content = .each(try input.bytes(try input.entryCount(of: 1)))
        } else {
            content = .common(size: size, sampleCount: try input.uint32())
        }
    }

    public var fieldsSize: Int {
        let head = 9 + (kind == nil ? 0 : 8)
        if case .each(let sizes) = content { return head + sizes.count }
        return head
    }

    public var fields: [BoxField] {
        switch content {
        case .common(let size, let count): [BoxField("sizes", "\(count) x \(size)")]
        case .each(let sizes): [BoxField("sizes", sizes.map(String.init).joined(separator: " "))]
        }
    }

    public func writeFields(to output: inout ByteOutput) {
        output.version(0, flags: kind == nil ? 0 : 1)
        kind?.write(to: &output)
        switch content {
        case .common(let size, let count):
            output.uint8(size)
            output.uint32(count)
        case .each(let sizes):
            output.uint8(0)
            output.uint32(UInt32(clamping: sizes.count))
            output.append(contentsOf: sizes)
        }
    }
}

/// What auxiliary information is about: a scheme and its parameter (ISO/IEC 14496-12, 8.7.8.3).
public struct SampleAuxiliaryKind: Sendable, Hashable {
    public var type: FourCC
    public var parameter: UInt32

    public init(type: FourCC, parameter: UInt32) {
        self.type = type
        self.parameter = parameter
    }

    init(reading input: inout ByteInput) throws(BoxError) {
        type = try input.fourCC()
        parameter = try input.uint32()
    }

    func write(to output: inout ByteOutput) {
        output.fourCC(type)
        output.uint32(parameter)
    }
}
