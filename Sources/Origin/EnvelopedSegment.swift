import ContentKeys
import MediaEncryption
import MediaModel

/// A whole segment under the AES-128 envelope, made from its clear form while it is sent.
struct EnvelopedSegment: SegmentSource {
    let clear: any SegmentSource
    let plan: EnvelopePlan
    let key: ContentKey
    let number: IVNumber
    let segment: UInt64
    let form: IVNumber.SegmentForm

    func write(_ range: Range<UInt64>, to sink: (ArraySlice<UInt8>) async throws -> Void) async throws {
        var filter = RangeFilter(range)
        let encryptor = try EnvelopeEncryptor(number: number, segment: segment, form: form, key: key)
        var rest: [UInt8] = []
        // A chain begins at the segment's start; what lies behind the range's last block need not be made.
        let needed = min(UInt64(plan.clearSize), (range.upperBound + 15) / 16 * 16)
        try await clear.write(0..<needed) { piece in
            var bytes = rest + piece
            let finished = try bytes.withUnsafeMutableBytes { try encryptor.encrypt($0) }
            rest = Array(bytes[finished...])
            if let part = filter.take(bytes[..<finished]) { try await sink(part) }
        }
        if !filter.isDone, let part = filter.take(try encryptor.finish(rest)[...]) { try await sink(part) }
    }
}
