import ContentKeys
import MediaEncryption
import MediaStorage

/// A CMAF media segment, clear or under `cenc` or `cbcs`.
struct CMAFSegment: SegmentSource {
    let plan: FragmentPlan
    /// Nil for a clear segment.
    let key: ContentKey?
    let media: any MediaReader

    func begin() throws -> any SegmentMaker {
        CMAFSegmentMaker(
            header: plan.header(), media: MediaCursor(media, plan.mediaRanges),
            encryptor: try key.map { try plan.encryptor(key: $0) })
    }
}

private final class CMAFSegmentMaker: SegmentMaker {
    private var header: ArraySlice<UInt8>
    private var media: MediaCursor
    private let encryptor: FragmentEncryptor?
    /// The start of a cipher block whose end was not read yet.
    private var rest: [UInt8] = []

    init(header: [UInt8], media: MediaCursor, encryptor: FragmentEncryptor?) {
        self.header = header[...]
        self.media = media
        self.encryptor = encryptor
    }

    func make(into buffer: UnsafeMutableRawBufferPointer, mayWait: Bool) throws -> Int? {
        let start = min(header.count, buffer.count)
        buffer.copyBytes(from: header.prefix(start))
        header = header.dropFirst(start)
        guard header.isEmpty else { return start }
        let space = UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
        guard space.count > rest.count else { return start }
        space.copyBytes(from: rest)
        let open = UnsafeMutableRawBufferPointer(rebasing: space[rest.count...])
        guard let read = try media.read(into: open, mayWait: mayWait) else { return start > 0 ? start : nil }
        return start + (try encrypt(UnsafeMutableRawBufferPointer(rebasing: space[..<(rest.count + read)])))
    }

    /// How many bytes are finished.
    private func encrypt(_ bytes: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let encryptor else { return bytes.count }
        let finished = try encryptor.encrypt(bytes)
        guard finished == bytes.count || !media.isAtEnd else {
            throw OriginError(.storageFault, "a segment's media ended inside a cipher block")
        }
        rest = Array(bytes[finished...])
        return finished
    }
}
