// The three variable-length tables of a slice header. Only their length matters here.

extension BitReader {
    /// ref_pic_list_modification() of one list (ISO/IEC 14496-10, 7.3.3.1).
    mutating func skipReferenceListModification(activeCount: Int) throws(CodecSyntaxError) {
        guard try flag() else { return }
        // 7.4.3.1: at most one modification for each active entry, then the end mark.
        for _ in 0...activeCount {
            switch try unsignedExpGolomb("modification_of_pic_nums_idc", upTo: 3) {
            case 0, 1: _ = try unsignedExpGolomb("abs_diff_pic_num_minus1")
            case 2: _ = try unsignedExpGolomb("long_term_pic_num")
            default: return
            }
        }
        throw error(.inconsistent, "more reference modifications than active references")
    }

    /// pred_weight_table() (7.3.3.2).
    mutating func skipPredictionWeights(activeCounts: [Int], hasChroma: Bool) throws(CodecSyntaxError) {
        _ = try unsignedExpGolomb("luma_log2_weight_denom", upTo: 7)
        if hasChroma { _ = try unsignedExpGolomb("chroma_log2_weight_denom", upTo: 7) }
        for count in activeCounts {
            for _ in 0..<count {
                if try flag() { try skipWeights(1, "luma_weight") }
                if hasChroma, try flag() { try skipWeights(2, "chroma_weight") }
            }
        }
    }

    /// A weight and an offset for each component.
    private mutating func skipWeights(_ components: Int, _ name: StaticString) throws(CodecSyntaxError) {
        for _ in 0..<(2 * components) { _ = try signedExpGolomb(name) }
    }

    /// dec_ref_pic_marking() (7.3.3.3).
    mutating func skipReferencePictureMarking(isIDR: Bool) throws(CodecSyntaxError) {
        if isIDR {
            _ = try bits(2)  // no_output_of_prior_pics_flag, long_term_reference_flag
            return
        }
        guard try flag() else { return }  // adaptive_ref_pic_marking_mode_flag
        // Every operation names or frees a picture; more than this cannot be meant (16 frames are 32 fields).
        for _ in 0..<128 {
            switch try unsignedExpGolomb("memory_management_control_operation", upTo: 6) {
            case 0: return
            case 1: _ = try unsignedExpGolomb("difference_of_pic_nums_minus1")
            case 2: _ = try unsignedExpGolomb("long_term_pic_num")
            case 3:
                _ = try unsignedExpGolomb("difference_of_pic_nums_minus1")
                _ = try unsignedExpGolomb("long_term_frame_idx")
            case 4: _ = try unsignedExpGolomb("max_long_term_frame_idx_plus1")
            case 6: _ = try unsignedExpGolomb("long_term_frame_idx")
            default: break  // 5: all references are dropped
            }
        }
        throw error(.inconsistent, "memory management control operations without end")
    }
}
