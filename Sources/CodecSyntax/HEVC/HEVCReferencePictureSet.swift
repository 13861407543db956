/// st_ref_pic_set() (ISO/IEC 23008-2, 7.3.7): the pictures that this and later ones may refer to, by their distance.
struct HEVCReferencePictureSet: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        /// DeltaPocS0 or DeltaPocS1.
        var distance: Int
        /// UsedByCurrPicS0 or UsedByCurrPicS1.
        var isUsed: Bool
    }

    /// Before the picture in output order, nearest first, then those after it.
    private(set) var before: [Entry] = []
    private(set) var after: [Entry] = []

    /// sps_max_dec_pic_buffering bounds both lists together by this (A.4.2).
    private static let maximumPictures = 16

    var count: Int { before.count + after.count }
    var usedCount: Int { before.count(where: \.isUsed) + after.count(where: \.isUsed) }

    init() {}

    /// - Parameters:
    ///   - index: stRpsIdx; as many as `sets` in a slice header.
    ///   - sets: those of the sequence parameter set, as far as they have been read.
    init(
        _ reader: inout BitReader, index: Int, sets: [HEVCReferencePictureSet], isInSliceHeader: Bool
    ) throws(CodecSyntaxError) {
        if index > 0, try reader.flag() {
            try readDifference(&reader, index: index, sets: sets, isInSliceHeader: isInSliceHeader)
        } else {
            try readLists(&reader)
        }
        guard count <= Self.maximumPictures else { throw reader.error(.outOfRange, "too many reference pictures") }
    }

    private mutating func readLists(_ reader: inout BitReader) throws(CodecSyntaxError) {
        let negative = try reader.unsignedExpGolomb("num_negative_pics", upTo: Self.maximumPictures)
        let positive = try reader.unsignedExpGolomb("num_positive_pics", upTo: Self.maximumPictures - negative)
        before = try Self.readList(&reader, negative, sign: -1)
        after = try Self.readList(&reader, positive, sign: 1)
    }

    private static func readList(
        _ reader: inout BitReader, _ count: Int, sign: Int
    ) throws(CodecSyntaxError) -> [Entry] {
        var distance = 0
        var list: [Entry] = []
        for _ in 0..<count {
            distance += sign * (try reader.unsignedExpGolomb("delta_poc_minus1", upTo: 32_767) + 1)
            list.append(Entry(distance: distance, isUsed: try reader.flag()))
        }
        return list
    }

    /// inter_ref_pic_set_prediction_flag 1: another set, moved by a distance, less what flags leave out (7-61, 7-62).
    private mutating func readDifference(
        _ reader: inout BitReader, index: Int, sets: [HEVCReferencePictureSet], isInSliceHeader: Bool
    ) throws(CodecSyntaxError) {
        let back = isInSliceHeader ? try reader.unsignedExpGolomb("delta_idx_minus1", upTo: index - 1) + 1 : 1
        guard sets.indices.contains(index - back) else {
            throw reader.error(.inconsistent, "a reference picture set that is not there")
        }
        let other = sets[index - back]
        let isNegative = try reader.flag()
        let magnitude = try reader.unsignedExpGolomb("abs_delta_rps_minus1", upTo: 32_767) + 1
        let shift = isNegative ? -magnitude : magnitude
        // The entries of the other set in its order (S0, then S1), and behind them the picture that it belongs to.
        var kept: [Entry?] = []
        for _ in 0...other.count {
            let isUsed = try reader.flag()
            let isKept = isUsed ? true : try reader.flag()
            kept.append(isKept ? Entry(distance: 0, isUsed: isUsed) : nil)
        }
        func moved(_ position: Int, _ distance: Int) -> Entry? {
            kept[position].map { Entry(distance: distance + shift, isUsed: $0.isUsed) }
        }
        let own = [moved(other.count, 0)]
        let first = other.before.enumerated().map { moved($0.offset, $0.element.distance) }
        let second = other.after.enumerated().map { moved(other.before.count + $0.offset, $0.element.distance) }
        before = (second.reversed() + own + first).compactMap { $0 }.filter { $0.distance < 0 }
        after = (first.reversed() + own + second).compactMap { $0 }.filter { $0.distance > 0 }
    }
}
