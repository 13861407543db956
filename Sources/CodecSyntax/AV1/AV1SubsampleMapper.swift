/// Finds what of an AV1 sample may be encrypted (AV1 binding, 6.1): each tile from its first byte to its last. Headers
/// and sizes of units and tiles, and every other unit, stay clear.
public struct AV1SubsampleMapper: SampleMapper {
    private var sequence: AV1SequenceHeader?
    private var references: [AV1Reference?] = Array(repeating: nil, count: 8)
    /// The header of the frame whose tiles are not all there yet, and the number of the next one.
    private var frame: (header: AV1FrameHeader, nextTile: Int)?

    /// - Parameter configuration: the track's; its sequence header is in force until a sample has one.
    public init(configuration: AV1Configuration) {
        sequence = configuration.sequence
    }

    public mutating func map(_ sample: UnsafeRawBufferPointer) throws(CodecSyntaxError) -> SampleMap {
        guard !sample.isEmpty, sample.count <= Int(UInt32.max) else {
            throw CodecSyntaxError(.outOfRange, .sample, "it is empty or larger than 4 GiB")
        }
        frame = nil
        var subsamples = SubsampleCollector()
        var clearFrom = 0
        var isSync: Bool?
        var units = OpenBitstreamUnits(sample)
        while let unit = try units.next() {
            let payload = UnsafeRawBufferPointer(rebasing: sample[unit.payload])
            var tilesAt: Int?
            switch unit.type {
            case .sequenceHeader: sequence = try AV1SequenceHeader(payload)
            case .frameHeader, .frame, .redundantFrameHeader:
                // A frame header that comes again is a copy (5.9.1).
                guard frame == nil else {
                    guard unit.type != .frame else { throw error(unit, "a frame before the tiles of the last one") }
                    continue
                }
                let header = try readHeader(payload, unit)
                // The first frame of a sync sample is a key frame that is shown (AV1 binding, 2.5).
                isSync = isSync ?? (header.isKey && header.isShown && header.shownSlot == nil)
                if unit.type == .frame { tilesAt = header.byteLength }
            case .tileGroup: tilesAt = 0
            case .tileList: throw error(unit, "a tile list")
            default: break
            }
            guard let tilesAt else { continue }
            for tile in try readTiles(payload, from: tilesAt, unit) {
                let start = unit.payload.lowerBound + tile.lowerBound
                subsamples.add(clear: start - clearFrom, protected: tile.count)
                clearFrom = start + tile.count
            }
        }
        guard frame == nil else {
            throw CodecSyntaxError(.truncated, .sample, at: sample.count * 8, "tiles of the last frame are missing")
        }
        subsamples.add(clear: sample.count - clearFrom)
        return SampleMap(subsamples: subsamples.finish(), isSync: isSync ?? false)
    }

    private mutating func readHeader(
        _ payload: UnsafeRawBufferPointer, _ unit: OpenBitstreamUnit
    ) throws(CodecSyntaxError) -> AV1FrameHeader {
        guard let sequence else { throw error(unit, "a frame before any sequence header") }
        let header = try AV1FrameHeader(payload, sequence: sequence, references: references, layer: unit.layer)
        if let slot = header.shownSlot {
            guard unit.type != .frame else { throw error(unit, "show_existing_frame with tiles") }
            // Showing a key frame again refreshes every slot with it (7.21).
            if header.isKey, let shown = references[slot] { references = Array(repeating: shown, count: 8) }
            return header
        }
        for (slot, hint) in header.lostOrderHints { references[slot] = .lost(orderHint: hint) }
        frame = (header, 0)
        return header
    }

    /// tile_group_obu() (AV1, 5.11.1): where its tiles lie in the payload of the unit.
    private mutating func readTiles(
        _ payload: UnsafeRawBufferPointer, from start: Int, _ unit: OpenBitstreamUnit
    ) throws(CodecSyntaxError) -> [Range<Int>] {
        guard let current = frame, let info = current.header.tiles else {
            throw error(unit, "tiles before a frame header")
        }
        let rest = UnsafeRawBufferPointer(rebasing: payload[start...])
        var reader = BitReader(rest, .tileGroup, removesEmulationPrevention: false)
        var (first, last) = (0, info.count - 1)
        if info.count > 1, try reader.flag() {  // tile_start_and_end_present_flag
            first = try reader.integer(info.columnBits + info.rowBits)
            last = try reader.integer(info.columnBits + info.rowBits)
        }
        reader.alignToByte()
        guard first == current.nextTile, first <= last, last < info.count else {
            throw reader.error(.inconsistent, "tiles \(first) to \(last) where \(current.nextTile) is the next")
        }
        var position = start + reader.bytePosition
        var tiles: [Range<Int>] = []
        for tile in first...last {
            var size = payload.count - position
            if tile < last {
                guard size >= info.sizeBytes else { throw reader.error(.truncated, "the size of tile \(tile) is cut") }
                size = 1
                for byte in 0..<info.sizeBytes { size += Int(payload[position + byte]) << (8 * byte) }
                position += info.sizeBytes
            }
            guard size > 0, size <= payload.count - position else {
                throw reader.error(.inconsistent, "tile \(tile) does not fit its unit")
            }
            tiles.append(position..<(position + size))
            position += size
        }
        frame?.nextTile = last + 1
        if last + 1 == info.count { finishFrame(current.header) }
        return tiles
    }

    /// The reference frame update process (7.20).
    private mutating func finishFrame(_ header: AV1FrameHeader) {
        for slot in 0..<8 where header.refreshes >> slot & 1 == 1 { references[slot] = header.reference }
        frame = nil
    }

    private func error(_ unit: OpenBitstreamUnit, _ reason: String) -> CodecSyntaxError {
        CodecSyntaxError(.unsupported, .sample, at: unit.payload.lowerBound * 8, reason)
    }
}
