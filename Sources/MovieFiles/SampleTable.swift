import ISOBaseMedia
import MediaModel

/// The sample table of a track (`stbl`, ISO/IEC 14496-12, 8.5 to 8.7): tables that stay in the file.
struct SampleTable: Sendable {
    /// Sizes of samples: `stsz` (8.7.3.2) or `stz2` (8.7.3.3).
    enum Sizes: Sendable {
        case common(UInt32)
        case bytes(EntryTable)
        /// `stz2` with 4 bits an entry: two samples a byte.
        case nibbles(EntryTable)
    }

    let box: BoxPlace
    let sampleCount: Int
    let sizes: Sizes
    /// `stts`: runs of equal durations.
    let durations: EntryTable
    /// `ctts`: runs of equal composition offsets; nil: all are zero.
    let compositionOffsets: EntryTable?
    /// `stsc`: how many samples lie together.
    let runs: EntryTable
    /// `stco` or `co64`: where they lie.
    let offsets: EntryTable
    /// `stss`: numbers of sync samples, from 1; nil: all are.
    let syncSamples: EntryTable?

    /// - Parameter box: `stbl`.
    init(_ box: BoxPlace, in source: any MovieSource) throws(MovieError) {
        self.box = box
        let children = try box.children(in: source)
        durations = try Self.table(children.only("stts", in: box), source, entrySize: 8, upTo: 0)
        compositionOffsets = try Self.optional("ctts", children, source, entrySize: 8, upTo: 1)
        runs = try Self.table(children.only("stsc", in: box), source, entrySize: 12, upTo: 0)
        syncSamples = try Self.optional("stss", children, source, entrySize: 4, upTo: 0)
        if let long = children.first("co64") {
            guard children.first("stco") == nil else { throw box.error(.damaged, "it has 'stco' and 'co64'") }
            offsets = try Self.table(long, source, entrySize: 8, upTo: 0)
        } else {
            offsets = try Self.table(children.only("stco", in: box), source, entrySize: 4, upTo: 0)
        }
        if let compact = children.first("stz2") {
            guard children.first("stsz") == nil else { throw box.error(.damaged, "it has 'stsz' and 'stz2'") }
            (sizes, sampleCount) = try Self.compactSizes(compact, source)
        } else {
            (sizes, sampleCount) = try Self.sizes(children.only("stsz", in: box), source)
        }
    }

    private static func optional(
        _ type: FourCC, _ boxes: [BoxPlace], _ source: any MovieSource, entrySize: Int, upTo version: UInt8
    ) throws(MovieError) -> EntryTable? {
        guard let box = boxes.first(type) else { return nil }
        return try table(box, source, entrySize: entrySize, upTo: version)
    }

    /// A full box whose entries follow their count.
    private static func table(
        _ box: BoxPlace, _ source: any MovieSource, entrySize: Int, upTo version: UInt8
    ) throws(MovieError) -> EntryTable {
        let head = try header(box, source, size: 8, upTo: version)
        return try EntryTable(
            box, in: source, start: box.payload.lowerBound + 8, entrySize: entrySize,
            count: head.bigEndian(at: 4, count: 4))
    }

    private static func header(
        _ box: BoxPlace, _ source: any MovieSource, size: UInt64, upTo version: UInt8
    ) throws(MovieError) -> [UInt8] {
        guard UInt64(box.payload.count) >= size else { throw box.error(.damaged, "it ends too early") }
        let head = try source.read(box.payload.lowerBound..<(box.payload.lowerBound + size))
        guard let found = head.first, found <= version else {
            throw box.error(.damaged, "version \(head.first ?? 0) is unknown")
        }
        return head
    }

    private static func sizes(_ box: BoxPlace, _ source: any MovieSource) throws(MovieError) -> (Sizes, Int) {
        let head = try header(box, source, size: 12, upTo: 0)
        let common = UInt32(truncatingIfNeeded: head.bigEndian(at: 4, count: 4))
        let count = head.bigEndian(at: 8, count: 4)
        guard common == 0 else {
            // No table holds the count down, so the file must.
            guard count <= source.size / UInt64(common) else {
                throw box.error(.damaged, "\(count) samples of \(common) bytes do not fit the file")
            }
            return (.common(common), Int(count))
        }
        let table = try EntryTable(
            box, in: source, start: box.payload.lowerBound + 12, entrySize: 4, count: count)
        return (.bytes(table), table.count)
    }

    private static func compactSizes(_ box: BoxPlace, _ source: any MovieSource) throws(MovieError) -> (Sizes, Int) {
        let head = try header(box, source, size: 12, upTo: 0)
        let count = head.bigEndian(at: 8, count: 4)
        let start = box.payload.lowerBound + 12
        switch head[7] {
        case 4:
            let table = try EntryTable(box, in: source, start: start, entrySize: 1, count: count / 2 + count % 2)
            return (.nibbles(table), Int(count))
        case 8, 16:
            let table = try EntryTable(box, in: source, start: start, entrySize: Int(head[7]) / 8, count: count)
            return (.bytes(table), table.count)
        default:
            throw box.error(.damaged, "its entries have \(head[7]) bits; 4, 8 and 16 are possible")
        }
    }
}

extension SampleTable.Sizes {
    mutating func size(of sample: Int) throws(MovieError) -> UInt32 {
        switch self {
        case .common(let size): return size
        case .bytes(var table):
            let size = try table.number(sample, size: table.entrySize)
            self = .bytes(table)
            return UInt32(truncatingIfNeeded: size)
        case .nibbles(var table):
            let pair = try table.number(sample / 2, size: 1)
            self = .nibbles(table)
            return UInt32(truncatingIfNeeded: sample % 2 == 0 ? pair >> 4 : pair & 15)
        }
    }
}
