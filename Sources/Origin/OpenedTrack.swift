import Catalog
import ContentKeys
import Foundation
import MediaModel
import MediaStorage
import TransportStream

/// A track of an asset version, opened: its index checked and at hand, its media readable.
struct OpenedTrack: Sendable {
    let record: TrackRecord
    let index: TrackIndex
    /// What MPEG-TS segments need to know of the whole track; nil when the codec has no form there.
    let transportStream: TransportStreamTrack?
    /// Reads clear media, decrypting what storage encrypted.
    let media: any MediaReader

    /// A name for the bytes of the track's media that is equal on every node.
    var contentDigest: String {
        record.indexDigest.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }
}

/// An asset version, opened: what manifests and segments of it are made from.
struct OpenedVersion: Sendable {
    let record: AssetVersionRecord
    let tracks: [OpenedTrack]

    func track(named name: String) -> OpenedTrack? {
        tracks.first { $0.record.description.name == name }
    }

    /// In seconds: of the longest track.
    var duration: Double {
        tracks.map { Double($0.index.duration) / Double($0.index.description.timescale) }.max() ?? 0
    }
}
