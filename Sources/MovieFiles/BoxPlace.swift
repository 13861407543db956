import ISOBaseMedia
import MediaModel

/// Where a box lies in a file: it is found by walking headers, and its content is read only when it is wanted.
struct BoxPlace: Sendable {
    var type: FourCC
    /// Of the header, from the start of the file.
    var offset: UInt64
    /// Of what follows the header.
    var payload: Range<UInt64>
    /// The boxes around it and itself, outermost first.
    var path: [FourCC]

    /// Longest box that is read as a whole, in bytes.
    private static let maximumLeaf: UInt64 = 1 << 20

    func error(_ code: MovieError.Code, _ reason: String, at place: UInt64? = nil) -> MovieError {
        MovieError(code, reason, path: path, at: place ?? offset)
    }

    /// The boxes directly within, in file order.
    func children(in source: any MovieSource, limit: Int = 4096) throws(MovieError) -> [BoxPlace] {
        var walk = BoxWalk(source: source, range: payload, path: path)
        var found: [BoxPlace] = []
        while let box = try walk.next() {
            guard found.count < limit else { throw error(.limitExceeded, "it holds more than \(limit) boxes") }
            found.append(box)
        }
        return found
    }

    /// The whole content, of a box that is small by nature.
    func content(of source: any MovieSource) throws(MovieError) -> [UInt8] {
        guard UInt64(payload.count) <= Self.maximumLeaf else {
            throw error(.limitExceeded, "it is \(payload.count) bytes long")
        }
        return try source.read(payload)
    }

    /// The box as its Swift type reads it.
    func read<Content: ReadableBox>(_: Content.Type, from source: any MovieSource) throws(MovieError) -> Content {
        let bytes = try content(of: source)
        do throws(BoxError) {
            var input = ByteInput(bytes)
            let box = try Content(type: type, input: &input, options: BoxReadingOptions())
            guard input.remaining == 0 else { throw BoxError(.trailingBytes(input.remaining), at: input.position) }
            return box
        } catch {
            throw MovieError(error, within: path, from: payload.lowerBound)
        }
    }
}

extension [BoxPlace] {
    /// The first of a type.
    func first(_ type: FourCC) -> BoxPlace? { first { $0.type == type } }

    /// The only one of a type.
    func only(_ type: FourCC, in parent: BoxPlace) throws(MovieError) -> BoxPlace {
        let found = filter { $0.type == type }
        guard let box = found.first else { throw parent.error(.damaged, "it has no '\(type)'") }
        guard found.count == 1 else { throw parent.error(.damaged, "it has \(found.count) '\(type)'") }
        return box
    }
}

/// Walks the headers of boxes that stand one after another (ISO/IEC 14496-12, 4.2.2).
struct BoxWalk {
    private let source: any MovieSource
    private let end: UInt64
    private let path: [FourCC]
    private let isTop: Bool
    private var position: UInt64

    init(source: any MovieSource, range: Range<UInt64>, path: [FourCC] = []) {
        self.source = source
        self.path = path
        position = range.lowerBound
        end = range.upperBound
        isTop = path.isEmpty
    }

    /// - Throws: when a header or a box would lie beyond the end, or says that it is smaller than its header.
    mutating func next() throws(MovieError) -> BoxPlace? {
        guard position < end else { return nil }
        let left = end - position
        // QuickTime ends the boxes of a container with a zero of 4 bytes.
        if left == 4, !isTop {
            position = end
            return nil
        }
        guard left >= 8 else { throw truncated("\(left) bytes are left where a box should begin") }
        let header = try source.read(position..<(position + min(16, left)))
        let small = header.bigEndian(at: 0, count: 4)
        let type = FourCC(rawValue: UInt32(truncatingIfNeeded: header.bigEndian(at: 4, count: 4)))
        var headerSize: UInt64 = 8
        var size = small
        if small == 0 {
            size = left
        } else if small == 1 {
            guard left >= 16 else { throw truncated("the 64-bit size of '\(type)' is cut") }
            headerSize = 16
            size = header.bigEndian(at: 8, count: 8)
        }
        guard size >= headerSize else {
            throw MovieError(.damaged, "'\(type)' says that it has \(size) bytes", path: path, at: position)
        }
        guard size <= left else { throw truncated("'\(type)' has \(size) bytes and \(left) are left") }
        defer { position += size }
        return BoxPlace(
            type: type, offset: position, payload: (position + headerSize)..<(position + size), path: path + [type])
    }

    private func truncated(_ reason: String) -> MovieError {
        MovieError(isTop ? .truncated : .damaged, reason, path: path, at: position)
    }
}

extension [UInt8] {
    /// A big-endian number of up to 8 bytes; bytes beyond the end count as zero.
    func bigEndian(at offset: Int, count size: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in offset..<(offset + size) { value = value << 8 | UInt64(index < count ? self[index] : 0) }
        return value
    }
}
