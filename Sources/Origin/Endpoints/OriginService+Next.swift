import Catalog
import MediaModel
import Policies

extension OriginService {
    /// The segment after a segment, where it is known from memory: a hint for caches, not worth waiting for. Fragments of
    /// Smooth Streaming name the next one themselves.
    public func segment(after request: OriginRequest) -> OriginRequest? {
        guard case .segment(let track, let time) = request, let lookup = try? knownLocator(request.presentation),
            let opened = versions.known(lookup.asset, number: track.version)?.track(named: track.track),
            let number = opened.index.segmentIndex(startingAt: time), number + 1 < opened.index.segmentCount
        else { return nil }
        return .segment(track, decodeTime: opened.index.segment(number + 1).decodeTime)
    }
}

extension OriginRequest {
    /// The names by which caches can be purged of what was answered: the asset's, and the version's where the object is of
    /// one.
    public var cacheTags: [String] {
        let asset = presentation.name
        return switch self {
        case .manifest, .progressive, .thumbnailTrack, .poster: [asset]
        case .mediaPlaylist(let track), .keyFramePlaylist(let track), .initializationSegment(let track),
            .segment(let track, _), .keyFrame(let track, _), .sheet(let track, _):
            [asset, "\(asset)/v\(track.version)"]
        case .smoothFragment(let reference, _): [asset, "\(asset)/v\(reference.version)"]
        }
    }
}
