import MediaModel

/// What a reader needs from outside the bytes, and how much it takes on.
public struct BoxReadingOptions: Sendable {
    /// Deepest nesting; `moov/trak/mdia/minf/stbl/stsd/encv/sinf/schi/tenc` is 10.
    public var maximumDepth = 16
    /// Most boxes in all.
    public var maximumBoxes = 65_536
    /// Most samples of one box whose entries may take no bytes.
    public var maximumSamples = 1 << 20
    /// Length of the IV of each sample in `senc`: 0, 8 or 16 bytes, as `tenc` says.
    public var perSampleIVSize = 8

    public init() {}
}

/// A box at the top of a file, and where it was.
public struct LocatedBox: Sendable {
    /// Offset of the box header, in bytes.
    public var offset: Int
    public var headerSize: Int
    /// Of the whole box with its header, in bytes.
    public var size: Int
    public var box: any Box
}

/// Reads untrusted bytes as boxes within limits. Memory stays linear in the input.
public struct BoxParser {
    private let options: BoxReadingOptions
    private var boxCount = 0

    /// All boxes of `bytes`, which must end with the last box.
    ///
    /// - Throws: `BoxError` with the path and the offset of the first thing wrong.
    public static func parse(
        _ bytes: [UInt8], options: BoxReadingOptions = BoxReadingOptions()
    ) throws(BoxError) -> [LocatedBox] {
        var parser = BoxParser(options: options)
        var input = ByteInput(bytes)
        return try parser.boxes(&input, depth: 1)
    }

    private init(options: BoxReadingOptions) {
        self.options = options
    }

    private mutating func boxes(_ input: inout ByteInput, depth: Int) throws(BoxError) -> [LocatedBox] {
        var boxes: [LocatedBox] = []
        while input.remaining > 0 {
            boxes.append(try next(&input, depth: depth))
        }
        return boxes
    }

    private mutating func next(_ input: inout ByteInput, depth: Int) throws(BoxError) -> LocatedBox {
        let offset = input.position
        guard depth <= options.maximumDepth else { throw BoxError(.tooDeep, at: offset) }
        boxCount += 1
        guard boxCount <= options.maximumBoxes else { throw BoxError(.tooMany("boxes"), at: offset) }
        let header = try BoxHeader(reading: &input)
        do {
            var payload = try input.part(header.payloadSize(remaining: input.remaining, at: offset))
            let box = try read(header.type, &payload, depth: depth)
            return LocatedBox(
                offset: offset, headerSize: header.headerSize, size: input.position - offset, box: box)
        } catch {
            var located = error
            located.path.insert(header.type, at: 0)
            throw located
        }
    }

    private mutating func read(
        _ type: FourCC, _ payload: inout ByteInput, depth: Int
    ) throws(BoxError) -> any Box {
        let box = try BoxTypes.known(type).init(type: type, input: &payload, options: options)
        if var parent = box as? any ParentBox {
            parent.children = try boxes(&payload, depth: depth + 1).map(\.box)
            return parent
        }
        guard payload.remaining == 0 else {
            throw BoxError(.trailingBytes(payload.remaining), at: payload.position)
        }
        return box
    }
}

/// Size and type at the start of a box (ISO/IEC 14496-12, 4.2.2), with 64-bit sizes and "to the end".
struct BoxHeader {
    var type: FourCC
    var headerSize: Int
    /// As written, headers included; nil when the box goes to the end of what holds it.
    var size: UInt64?

    init(reading input: inout ByteInput) throws(BoxError) {
        let small = try input.uint32()
        type = try input.fourCC()
        switch small {
        case 0:
            size = nil
            headerSize = 8
        case 1:
            size = try input.uint64()
            headerSize = 16
        default:
            size = UInt64(small)
            headerSize = 8
        }
    }

    func payloadSize(remaining: Int, at offset: Int) throws(BoxError) -> Int {
        guard let size else { return remaining }
        guard size >= UInt64(headerSize) else { throw BoxError(.sizeTooSmall, at: offset) }
        guard size - UInt64(headerSize) <= UInt64(remaining) else { throw BoxError(.truncated, at: offset) }
        return Int(size - UInt64(headerSize))
    }
}
