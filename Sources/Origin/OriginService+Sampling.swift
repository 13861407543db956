public import Catalog
public import ContentKeys
import Foundation
import MediaEncryption
import MediaModel
public import Policies

/// A segment as a player gets it but for its key, with what a player needs to read it.
public struct SampledSegment: Sendable {
    public var track: String
    /// Counts from 0 within the track.
    public var number: Int
    public var encryption: DeliveryEncryption
    public var initialization: [UInt8]
    public var media: [UInt8]
    /// Made for this segment alone; nil for a clear one.
    public var key: ContentKey?
    /// Of the whole segment, under the envelope.
    public var vector: [UInt8]
    /// Samples in it.
    public var sampleCount: Int
}

/// What is looked at before an asset version is published, and asked for after.
extension OriginService {
    /// Makes the first, the middle and the last segment of every track of pictures and sound as they would leave under a
    /// delivery policy, whether or not the version is served. What is made is CMAF, which every encryption has a form in.
    ///
    /// Whatever parses media holds no keys. So each is encrypted with a random key in the place of its own, with the same
    /// numbers; that its own can be had is seen besides.
    ///
    /// - Returns: how many there were; 0 for a policy that lets no segments of CMAF out.
    /// - Throws: `OriginError`, `CatalogError`, and what `body` throws.
    public func sampleSegments(
        of version: AssetVersionRecord, under policy: DeliveryPolicy,
        _ body: (SampledSegment) async throws -> Void
    ) async throws -> Int {
        guard !policy.protocols.isDisjoint(with: SegmentContainer.cmaf.protocols), policy.encryption != .blocked,
            var asset = try await catalog.asset(named: version.asset)
        else { return 0 }
        asset.currentVersion = version.number
        let locator = Locator(
            id: LocatorID(), kind: .streaming, asset: asset.name, accessPolicy: "", deliveryPolicies: [policy.name],
            start: .distantPast, end: .distantFuture)
        let lookup = LocatorLookup(
            terms: LocatorTerms(locator: locator, deliveryPolicies: [policy], permissions: [.read]), asset: asset)
        var count = 0
        for track in version.tracks where track.description.kind.isMedia {
            let isClear = policy.leavesClear(track.description)
            let reference = TrackReference(
                presentation: PresentationReference(locator: locator.id, name: asset.name), version: version.number,
                encryption: isClear ? .none : policy.encryption, times: isClear ? .whole : policy.times,
                container: .cmaf, track: track.description.name)
            let planned = try await openTrack(reference, lookup)
            for number in Self.sampled(planned) {
                try await body(try await sample(number, reference, planned))
                count += 1
            }
        }
        return count
    }

    /// First, middle and last; of those that are encrypted with another key than the init segment names, none: players of
    /// one key cannot read them.
    private static func sampled(_ planned: PlannedTrack) -> [Int] {
        let count = planned.track.index.segmentCount
        guard count > 0 else { return [] }
        return Set([0, count / 2, count - 1]).sorted().filter { number in
            guard let key = try? planned.key(ofSegment: number) else { return true }
            return key.keyID == planned.key?.keyID || planned.plan.encryption == .envelope
        }
    }

    private func sample(
        _ number: Int, _ reference: TrackReference, _ planned: PlannedTrack
    ) async throws -> SampledSegment {
        let key = try await contentKey(of: planned, segment: number).map { ContentKey.random($0.type) }
        var vector: [UInt8] = []
        if planned.plan.encryption == .envelope, let key, let trackKey = try planned.key(ofSegment: number) {
            vector = try trackKey.number.segmentIV(UInt64(number), of: .fragment, key: key)
        }
        return SampledSegment(
            track: reference.track, number: number, encryption: planned.plan.encryption,
            initialization: try Self.bytes(of: try await initializationSegment(reference, planned, standIn: key)),
            media: try Self.bytes(of: try segment(reference, number, planned, key: key)), key: key, vector: vector,
            sampleCount: planned.track.index.segment(number).sampleCount)
    }

    private static func bytes(of object: OriginObject) throws -> [UInt8] {
        switch object.body {
        case .bytes(let bytes): return bytes
        case .segment(let source):
            let maker = try source.begin()
            var bytes: [UInt8] = []
            bytes.reserveCapacity(Int(clamping: object.size))
            try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
                while let count = try maker.make(into: buffer, mayWait: true), count > 0 {
                    bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                }
            }
            return bytes
        }
    }

    /// The paths that the first players of a locator ask for: manifests, and the playlist, init segment and first segment of
    /// every rendition.
    ///
    /// - Throws: `OriginError` when there is no such presentation, `CatalogError`.
    public func firstPaths(_ locator: LocatorID) async throws -> [String] {
        guard let lookup = try await catalog.locatorLookup(locator), let number = lookup.asset.currentVersion,
            let version = try await catalog.assetVersion(asset: lookup.asset.name, number: number)
        else { throw OriginError(.resourceNotFound, "There is no such presentation.") }
        let presentation = PresentationReference(locator: locator, name: lookup.asset.name)
        let tracks = version.tracks.map(\.description)
        var paths: [String] = []
        for policy in lookup.terms.deliveryPolicies {
            for format in StreamingFormat.served where format.carries(policy) && format.carries(tracks) {
                let encryption = policy.encryption == .none ? nil : policy.encryption
                paths.append(OriginPath.print(.manifest(presentation, format: format, encryption: encryption)))
                for track in version.tracks where track.description.kind.isMedia {
                    let isClear = policy.leavesClear(track.description)
                    let reference = TrackReference(
                        presentation: presentation, version: number, encryption: isClear ? .none : policy.encryption,
                        times: isClear ? .whole : policy.times, container: format.container,
                        track: track.description.name)
                    paths += try await firstPaths(reference, of: format, lookup)
                }
            }
        }
        var seen: Set<String> = []
        return paths.filter { seen.insert($0).inserted }
    }

    private func firstPaths(
        _ reference: TrackReference, of format: StreamingFormat, _ lookup: LocatorLookup
    ) async throws -> [String] {
        // The others do not name segments by one track.
        guard reference.container == .cmaf || reference.container == .transportStream else { return [] }
        let planned = try await openTrack(reference, lookup)
        guard (try? planned.track.check(reference.container)) != nil, planned.track.index.segmentCount > 0 else {
            return []
        }
        var requests: [OriginRequest] = format.streamingProtocol == .hls ? [.mediaPlaylist(reference)] : []
        if reference.container == .cmaf { requests.append(.initializationSegment(reference)) }
        requests.append(.segment(reference, decodeTime: planned.track.index.segment(0).decodeTime))
        return requests.map(OriginPath.print)
    }
}
