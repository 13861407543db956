import ISOBaseMedia
import MediaModel

/// The sample entry of a track (`stsd`, ISO/IEC 14496-12, 8.5.2): one, in the clear.
struct SampleDescription {
    private let box: BoxPlace
    private let kind: TrackKind
    private let entry: any Box

    init(_ box: BoxPlace, _ kind: TrackKind, in source: any MovieSource) throws(MovieError) {
        self.box = box
        self.kind = kind
        let content = try box.content(of: source)
        guard content.count >= 8 else { throw box.error(.damaged, "it ends too early") }
        // Names first: what is in an entry of another kind may be anything.
        guard content.count >= 16 else { throw box.error(.damaged, "it has no sample entry") }
        let type = FourCC(rawValue: UInt32(truncatingIfNeeded: content.bigEndian(at: 12, count: 4)))
        try Self.checkName(type, kind, box)
        do throws(BoxError) {
            let entries = try BoxParser.parse(Array(content[8...])).map(\.box)
            guard let entry = entries.first else { throw BoxError(.invalid("it has no sample entry")) }
            self.entry = entry
        } catch {
            throw MovieError(error, within: box.path, from: box.payload.lowerBound + 8)
        }
        if entry.children.contains(where: { $0.type == "sinf" }) { throw Self.encrypted(type, box) }
    }

    private static func checkName(_ type: FourCC, _ kind: TrackKind, _ box: BoxPlace) throws(MovieError) {
        if ["encv", "enca", "drmi", "drms"].contains(type) { throw encrypted(type, box) }
        guard SampleCodings.known.contains(where: { $0.entry == type && $0.kind == kind }) else {
            let names = SampleCodings.known.filter { $0.kind == kind }.map(\.entry.description)
            throw box.error(
                .unknownCodec,
                "its \(kind.rawValue) is '\(type)', which is not served as it is; known: \(names.joined(separator: ", "))"
            )
        }
    }

    private static func encrypted(_ type: FourCC, _ box: BoxPlace) -> MovieError {
        box.error(.encrypted, "its samples are encrypted ('\(type)'); upload the clear file")
    }

    /// The codec's own part.
    func coding(
        firstSample: () throws(MovieError) -> [UInt8]
    ) throws(MovieError) -> any SampleCoding {
        guard let known = SampleCodings.known.first(where: { $0.entry == entry.type && $0.kind == kind }) else {
            throw box.error(.unknownCodec, "its samples are '\(entry.type)'")
        }
        do {
            return try known.make(entry, firstSample)
        } catch let error as MovieError {
            throw error
        } catch let error as SampleCodingError {
            throw MovieError(error.code, error.reason, path: box.path + [entry.type], at: box.payload.lowerBound + 8)
        } catch {
            throw MovieError(.damaged, "\(error)", path: box.path + [entry.type], at: box.payload.lowerBound + 8)
        }
    }
}
