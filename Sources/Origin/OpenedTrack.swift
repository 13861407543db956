import Catalog
import ContentKeys
import Cryptography
import Foundation
import MediaModel
import MediaStorage
import Synchronization
import TransportStream

/// A track of an asset version, opened: its index checked and at hand, its media readable.
struct OpenedTrack: Sendable {
    let record: TrackRecord
    let index: TrackIndex
    /// What MPEG-TS segments need to know of the whole track.
    let transportStream: TransportStreamForm
    /// What manifests need to know of the whole track.
    let openSegments: OpenSegments
    /// Reads clear media, decrypting what storage encrypted.
    let media: any MediaReader

    /// A name for the bytes of the track's index and media, equal on every node: 32 bytes.
    let content: [UInt8]
    /// The same in hexadecimal.
    let contentDigest: String

    /// Of the segment with the most samples: what planning one may cost.
    let mostSamples: Int

    /// - Parameters:
    ///   - asset: that the track is of.
    ///   - version: of the asset, by number.
    init(
        record: TrackRecord, asset: String, version: Int, index: TrackIndex, media: any MediaReader
    ) throws {
        self.record = record
        self.index = index
        transportStream = TransportStreamForm(index)
        openSegments = OpenSegments(index)
        self.media = media
        content = try Self.content(record, asset, version)
        contentDigest = content.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
        mostSamples = index.mostSamples
    }

    /// Refuses a container that the track's codec has no form in, with the formats that have one.
    func check(_ container: SegmentContainer) throws(OriginError) {
        let description = record.description
        guard (container == .jpeg) == (description.kind == .image) else {
            throw OriginError(.trackNotFound, "The track has no form in this container.")
        }
        guard !container.isWebVTT || description.codec.sampleEntry == "wvtt" else {
            throw OriginError(.trackNotFound, "The track has no form in WebVTT.")
        }
        guard container == .transportStream || container == .muxedTransportStream,
            case .failure(let error) = transportStream.result
        else { return }
        throw OriginError(
            .formatCannotCarry,
            "Track '\(description.name)' (\(description.codec.codecString)): \(error.reason).",
            choices: StreamingFormat.cmafChoices)
    }

    /// Media that differ may have equal indexes: frames of constant size, a picture replaced by one as long. Media of
    /// before there were tags are told apart by where they lie.
    private static func content(_ record: TrackRecord, _ asset: String, _ version: Int) throws -> [UInt8] {
        let media = record.tagsDigest ?? Array("\(asset)/\(version)/\(record.description.name)".utf8)
        return try SHA256.digest(record.indexDigest + [record.tagsDigest == nil ? 0 : 1] + media)
    }
}

/// A track in MPEG-TS, or why it has no form there: found when it is first asked for, since it takes a look at every sample,
/// a hundredth of a second in a long film.
final class TransportStreamForm: Sendable {
    private let index: TrackIndex
    private let found = Mutex<Result<TransportStreamTrack, TransportStreamError>?>(nil)

    init(_ index: TrackIndex) {
        self.index = index
    }

    var result: Result<TransportStreamTrack, TransportStreamError> {
        found.withLock { found in
            if let found { return found }
            let result = Result { () throws(TransportStreamError) in try TransportStreamTrack(index: index) }
            found = result
            return result
        }
    }

    func get() throws(TransportStreamError) -> TransportStreamTrack { try result.get() }

    /// Whether nothing has to be waited for.
    var isKnown: Bool { found.withLockIfAvailable { $0 != nil } ?? false }
}

/// Whether a track of pictures has segments in open groups: found when it is first asked for, by a look at each segment.
final class OpenSegments: Sendable {
    private let index: TrackIndex
    private let found = Mutex<Bool?>(nil)

    init(_ index: TrackIndex) {
        self.index = index
    }

    var areThere: Bool {
        found.withLock { found in
            if let found { return found }
            let result = index.description.kind == .video && index.hasOpenSegments
            found = result
            return result
        }
    }
}

/// An asset version, opened: what manifests and segments of it are made from.
struct OpenedVersion: Sendable {
    let record: AssetVersionRecord
    /// Of the asset's files: no two assets have one, whatever their names.
    let storageKey: KeyID
    let tracks: [OpenedTrack]

    func track(named name: String) -> OpenedTrack? {
        tracks.first { $0.record.description.name == name }
    }

    /// The tracks of pictures and sound that a container can carry: those without a form in it are left out, as long as one of each kind stays.
    ///
    /// - Throws: `OriginError` when all tracks of a kind would be missing.
    func tracks(in container: SegmentContainer) throws(OriginError) -> [OpenedTrack] {
        let tracks = tracks.filter(\.record.description.kind.isMedia)
        let carried = tracks.filter { (try? $0.check(container)) != nil }
        for track in tracks {
            let kind = track.record.description.kind
            if !carried.contains(where: { $0.record.description.kind == kind }) { try track.check(container) }
        }
        return carried
    }

    /// In seconds: of the longest track.
    var duration: Double {
        tracks.map { Double($0.index.duration) / Double($0.index.description.timescale) }.max() ?? 0
    }
}
