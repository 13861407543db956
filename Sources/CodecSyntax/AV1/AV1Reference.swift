/// What a decoded frame leaves behind for the headers of later ones (AV1, 7.20, reference frame update process).
struct AV1Reference: Hashable, Sendable {
    var upscaledWidth: Int
    var height: Int
    var orderHint: Int
    /// RefFrameType is KEY_FRAME.
    var isKey: Bool
    var motion: AV1GlobalMotion
    var segmentation: AV1Segmentation
}

/// segmentation_params() (AV1, 5.9.14), as far as it decides what is lossless.
struct AV1Segmentation: Hashable, Sendable {
    private(set) var isEnabled = false
    /// FeatureData of SEG_LVL_ALT_Q by segment; nil where it is not enabled.
    private(set) var quantisers: [Int?] = Array(repeating: nil, count: 8)

    private static let bits = [8, 6, 6, 6, 6, 3, 0, 0]
    private static let signed = [true, true, true, true, true, false, false, false]

    /// Nothing is segmented.
    init() {}

    /// - Parameter previous: of the frame that primary_ref_frame names; nil for none.
    init(_ reader: inout BitReader, previous: AV1Segmentation?) throws(CodecSyntaxError) {
        guard try reader.flag() else { return }  // segmentation_enabled
        isEnabled = true
        var updates = true
        if let previous {
            if try reader.flag() { _ = try reader.flag() }  // segmentation_update_map, segmentation_temporal_update
            updates = try reader.flag()
            if !updates { quantisers = previous.quantisers }
        }
        guard updates else { return }
        for segment in 0..<8 {
            for feature in 0..<8 where try reader.flag() {
                let bits = Self.bits[feature]
                let value = Self.signed[feature] ? try reader.signed(1 + bits) : try reader.integer(bits)
                if feature == 0 { quantisers[segment] = min(max(value, -255), 255) }
            }
        }
    }

    /// get_qindex() of each segment (7.12.2), without deltas of blocks.
    func quantiserIndices(base: Int) -> [Int] {
        guard isEnabled else { return [base] }
        return quantisers.map { min(max(base + ($0 ?? 0), 0), 255) }
    }
}

/// Which frames a frame refers to when only two are written (AV1, 7.8, set frame refs process).
enum AV1ShortReferences {
    /// ref_frame_idx from the order hints of the eight frames that are kept.
    ///
    /// - Parameter distances: get_relative_dist(RefOrderHint[i], OrderHint) of each.
    static func indices(last: Int, gold: Int, distances: [Int]) -> [Int] {
        var result: [Int?] = Array(repeating: nil, count: 7)
        result[0] = last
        result[3] = gold
        var isUsed = Array(repeating: false, count: 8)
        isUsed[last] = true
        isUsed[gold] = true
        func take(_ reference: Int, _ index: Int?) {
            guard let index else { return }
            result[reference] = index
            isUsed[index] = true
        }
        func latest(_ indices: [Int]) -> Int? {
            indices.max { (distances[$0], $0) < (distances[$1], $1) }
        }
        func earliest(_ indices: [Int]) -> Int? {
            indices.min { (distances[$0], $0) < (distances[$1], $1) }
        }
        func backward() -> [Int] { (0..<8).filter { !isUsed[$0] && distances[$0] >= 0 } }
        // ALTREF: the latest one behind; BWDREF and ALTREF2: the earliest ones of those left. Of equal ones the latest
        // takes the last, the earliest the first.
        take(6, latest(backward()))
        take(4, earliest(backward()))
        take(5, earliest(backward()))
        for reference in [1, 2, 4, 5, 6] where result[reference] == nil {
            let forward = (0..<8).filter { !isUsed[$0] && distances[$0] < 0 }
            take(reference, latest(forward))
        }
        let first = earliest(Array(0..<8)) ?? 0
        return result.map { $0 ?? first }
    }
}
