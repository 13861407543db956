/// uncompressed_header() of VP9 (VP9 bitstream specification, 6.2), read to its end.
struct VP9FrameHeader: Hashable, Sendable {
    struct Size: Hashable, Sendable {
        var width: Int
        var height: Int
    }

    /// frame_type is KEY_FRAME.
    private(set) var isKey = false
    /// show_existing_frame: nothing but the header is there.
    private(set) var showsExisting = false
    /// refresh_frame_flags.
    private(set) var refreshes = 0
    private(set) var size = Size(width: 0, height: 0)
    /// Bytes of the header with its trailing bits: what stays clear.
    private(set) var byteLength = 0

    private var isResilient = false

    /// - Parameter sizes: of the frames in the eight slots.
    init(_ frame: UnsafeRawBufferPointer, sizes: [Size?]) throws(CodecSyntaxError) {
        var reader = BitReader(frame, .uncompressedHeader, removesEmulationPrevention: false)
        guard try reader.bits(2) == 2 else { throw reader.error(.inconsistent, "frame_marker is not 2") }
        let low = try reader.integer(1)
        let profile = try reader.integer(1) << 1 | low
        if profile == 3, try reader.flag() { throw reader.error(.unsupported, "a profile above 3") }
        showsExisting = try reader.flag()
        if showsExisting {
            _ = try reader.bits(3)
        } else {
            try readFrame(&reader, profile: profile, sizes: sizes)
        }
        reader.alignToByte()
        byteLength = reader.bytePosition
    }

    private mutating func readFrame(
        _ reader: inout BitReader, profile: Int, sizes: [Size?]
    ) throws(CodecSyntaxError) {
        isKey = try !reader.flag()
        let isShown = try reader.flag()
        isResilient = try reader.flag()
        if isKey {
            try reader.readVP9Sync()
            try reader.skipVP9Colour(profile: profile)
            refreshes = 0xFF
            try readSize(&reader)
            try reader.skipVP9RenderSize()
        } else {
            let isIntra = isShown ? false : try reader.flag()
            if !isResilient { _ = try reader.bits(2) }  // reset_frame_context
            if isIntra {
                try reader.readVP9Sync()
                if profile > 0 { try reader.skipVP9Colour(profile: profile) }
                refreshes = try reader.integer(8)
                try readSize(&reader)
                try reader.skipVP9RenderSize()
            } else {
                try readReferences(&reader, sizes)
            }
        }
        if !isResilient { _ = try reader.bits(2) }  // refresh_frame_context, frame_parallel_decoding_mode
        _ = try reader.bits(2)  // frame_context_idx
        try reader.skipVP9LoopFilter()
        _ = try reader.bits(8)  // base_q_idx
        for _ in 0..<3 where try reader.flag() { _ = try reader.bits(5) }
        try reader.skipVP9Segmentation()
        try skipTiles(&reader)
        guard try reader.bits(16) > 0 else { throw reader.error(.inconsistent, "header_size_in_bytes is 0") }
    }

    private mutating func readSize(_ reader: inout BitReader) throws(CodecSyntaxError) {
        size = Size(width: try reader.integer(16) + 1, height: try reader.integer(16) + 1)
    }

    private mutating func readReferences(_ reader: inout BitReader, _ sizes: [Size?]) throws(CodecSyntaxError) {
        refreshes = try reader.integer(8)
        var indices: [Int] = []
        for _ in 0..<3 {
            indices.append(try reader.integer(3))
            _ = try reader.flag()  // ref_frame_sign_bias
        }
        var found: Size?
        for index in indices where try reader.flag() {  // found_ref
            guard let other = sizes[index] else {
                throw reader.error(.inconsistent, "the size of a frame that is not there")
            }
            found = other
            break
        }
        if let found { size = found } else { try readSize(&reader) }
        try reader.skipVP9RenderSize()
        _ = try reader.flag()  // allow_high_precision_mv
        if try !reader.flag() { _ = try reader.bits(2) }  // is_filter_switchable, raw_interpolation_filter
    }

    /// tile_info() (6.2.13).
    private func skipTiles(_ reader: inout BitReader) throws(CodecSyntaxError) {
        let blocks = (((size.width + 7) >> 3) + 7) >> 3
        var least = 0
        while 64 << least < blocks { least += 1 }
        var most = 1
        while blocks >> most >= 4 { most += 1 }
        var value = least
        while value < most - 1, try reader.flag() { value += 1 }
        if try reader.flag() { _ = try reader.flag() }  // tile_rows_log2
    }
}

extension BitReader {
    /// frame_sync_code() (6.2.1).
    fileprivate mutating func readVP9Sync() throws(CodecSyntaxError) {
        guard try bits(24) == 0x498342 else { throw error(.inconsistent, "frame_sync_code is missing") }
    }

    /// color_config() (6.2.2).
    fileprivate mutating func skipVP9Colour(profile: Int) throws(CodecSyntaxError) {
        if profile >= 2 { _ = try flag() }  // ten_or_twelve_bit
        let isOdd = profile == 1 || profile == 3
        if try bits(3) == 7 {  // CS_RGB
            guard isOdd else { throw error(.inconsistent, "RGB in profile \(profile)") }
            _ = try flag()
        } else {
            _ = try flag()  // color_range
            if isOdd { _ = try bits(3) }  // subsampling_x, subsampling_y, reserved_zero
        }
    }

    fileprivate mutating func skipVP9RenderSize() throws(CodecSyntaxError) {
        if try flag() { _ = try bits(32) }
    }

    /// loop_filter_params() (6.2.8).
    fileprivate mutating func skipVP9LoopFilter() throws(CodecSyntaxError) {
        _ = try bits(9)
        guard try flag(), try flag() else { return }  // loop_filter_delta_enabled, loop_filter_delta_update
        for _ in 0..<6 where try flag() { _ = try bits(7) }
    }

    /// segmentation_params() (6.2.11).
    fileprivate mutating func skipVP9Segmentation() throws(CodecSyntaxError) {
        guard try flag() else { return }
        if try flag() {  // segmentation_update_map
            for _ in 0..<7 where try flag() { _ = try bits(8) }
            if try flag() {  // segmentation_temporal_update
                for _ in 0..<3 where try flag() { _ = try bits(8) }
            }
        }
        guard try flag() else { return }  // segmentation_update_data
        _ = try flag()  // segmentation_abs_or_delta_update
        for _ in 0..<8 {
            // Value and sign of SEG_LVL_ALT_Q, SEG_LVL_ALT_L, SEG_LVL_REF_FRAME, SEG_LVL_SKIP.
            for length in [9, 7, 2, 0] where try flag() { _ = try bits(length) }
        }
    }
}
