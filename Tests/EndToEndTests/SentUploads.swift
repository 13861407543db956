import Foundation

/// The bytes of uploads as they went over the wire, of each request that sent some.
struct SentUploads {
    struct Piece {
        var offset: Int
        var bytes: Data
    }

    /// By the upload's path.
    private(set) var pieces: [String: [Piece]] = [:]

    /// - Parameter connections: what clients sent on each.
    init(_ connections: [Data]) {
        let end = Data("\r\n\r\n".utf8)
        for connection in connections {
            var rest = connection[...]
            while let head = rest.range(of: end) {
                let lines = String(decoding: rest[..<head.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
                let fields = Dictionary(
                    lines.dropFirst().compactMap { line -> (String, String)? in
                        let parts = line.split(separator: ":", maxSplits: 1)
                        return parts.count == 2
                            ? (parts[0].lowercased(), parts[1].trimmingCharacters(in: .whitespaces)) : nil
                    }
                ) { first, _ in first }
                let length = fields["content-length"].flatMap { Int($0) } ?? 0
                // A connection that was cut has less.
                let body = rest[head.upperBound...].prefix(length)
                let words = lines[0].split(separator: " ")
                if words.first == "PATCH", words.count > 1, let offset = fields["upload-offset"].flatMap({ Int($0) }) {
                    pieces[String(words[1]), default: []].append(Piece(offset: offset, bytes: Data(body)))
                }
                rest = rest[body.endIndex...]
            }
        }
    }

    /// How many bytes were sent more than once, of all uploads; nil when some of them were not the same, or some are missing.
    var repeated: Int? {
        var sum = 0
        for pieces in pieces.values {
            var whole = Data()
            for piece in pieces.sorted(by: { $0.offset < $1.offset }) {
                guard piece.offset <= whole.count else { return nil }
                let known = whole[piece.offset...].prefix(piece.bytes.count)
                guard known.elementsEqual(piece.bytes.prefix(known.count)) else { return nil }
                sum += known.count
                whole.append(piece.bytes.dropFirst(known.count))
            }
        }
        return sum
    }

    /// The first bytes of each upload.
    func starts(_ count: Int) -> [Data] {
        pieces.values.compactMap { $0.first { $0.offset == 0 && $0.bytes.count >= count }?.bytes.prefix(count) }
            .map { Data($0) }
    }
}
