import ContentKeys
import MediaEncryption
import MediaStorage

/// A CMAF media segment, clear or under `cenc` or `cbcs`, made while it is sent.
struct CMAFSegment: SegmentSource {
    let plan: FragmentPlan
    /// Nil for a clear segment.
    let key: ContentKey?
    let media: any MediaReader

    func write(_ range: Range<UInt64>, to sink: (ArraySlice<UInt8>) async throws -> Void) async throws {
        var filter = RangeFilter(range)
        if let part = filter.take(plan.header()[...]) { try await sink(part) }
        let encryptor = try key.map { try plan.encryptor(key: $0) }
        var rest: [UInt8] = []
        for mediaRange in plan.mediaRanges {
            var position = mediaRange.lowerBound
            while position < mediaRange.upperBound, !filter.isDone {
                let end = min(position + UInt64(pieceSize), mediaRange.upperBound)
                var piece = rest
                try media.append(position..<end, to: &piece)
                position = end
                rest = []
                if let encryptor {
                    let finished = try piece.withUnsafeMutableBytes { try encryptor.encrypt($0) }
                    rest = Array(piece[finished...])
                    piece.removeSubrange(finished...)
                }
                if let part = filter.take(piece[...]) { try await sink(part) }
            }
        }
        guard rest.isEmpty || filter.isDone else {
            throw OriginError(.storageFault, "a segment's media ended inside a cipher block")
        }
    }
}
