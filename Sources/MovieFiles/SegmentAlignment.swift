import MediaModel

/// Chooses where the segments of video renditions start: at key frames that all of them have.
struct SegmentAlignment {
    /// As the encoder's, in seconds.
    static let targetDuration: Int64 = 2
    /// Longest segment of renditions whose key frames differ, in target durations.
    static let longestInTargets: Int64 = 3
    /// A key frame so much before the target will do, in milliseconds.
    private static let slack: Int64 = 100

    struct Rendition {
        var track: MovieTrack
        var scan: TrackScan
        var name: String { track.file }
        var scale: Int128 { Int128(track.timescale) }
    }

    private let renditions: [Rendition]
    /// Of each common start, the number of it in each rendition.
    private var common: [[Int]] = []

    /// - Parameter renditions: at least one.
    /// - Throws: `MovieError.notAligned` naming two files and the first time where they part.
    init(_ renditions: [Rendition]) throws(MovieError) {
        self.renditions = renditions
        guard let first = renditions.first else { return }
        for index in first.scan.starts.indices { common.append([index]) }
        for number in renditions.indices.dropFirst() { intersect(with: number) }
        guard let begin = common.first, begin.allSatisfy({ $0 == 0 }) else { throw beginning() }
    }

    /// The starts of segments in each rendition.
    ///
    /// - Throws: when segments would become too long because key frames differ.
    func starts() throws(MovieError) -> [[SegmentStart]] {
        guard let first = renditions.first else { return [] }
        var chosen: [[Int]] = []
        var next: Int64 = .min
        for indices in common {
            let time = first.scan.starts[indices[0]].time
            guard time >= next else { continue }
            chosen.append(indices)
            next = time + (Self.targetDuration * 1000 - Self.slack) * Int64(first.track.timescale) / 1000
        }
        try checkLengths(chosen)
        return renditions.indices.map { number in
            chosen.map { renditions[number].scan.starts[$0[number]] }
        }
    }

    /// Keeps what the rendition has as well, within a unit of the coarser timescale.
    private mutating func intersect(with number: Int) {
        let (first, other) = (renditions[0], renditions[number])
        let tolerance = max(first.scale, other.scale)
        var index = 0
        common = common.compactMap { indices in
            let time = Int128(first.scan.starts[indices[0]].time) * other.scale
            while index < other.scan.starts.count,
                Int128(other.scan.starts[index].time) * first.scale < time - tolerance
            {
                index += 1
            }
            guard index < other.scan.starts.count,
                Int128(other.scan.starts[index].time) * first.scale <= time + tolerance
            else { return nil }
            return indices + [index]
        }
    }

    private func beginning() -> MovieError {
        let firsts = renditions.compactMap { rendition in
            rendition.scan.starts.first.map { (rendition, $0.time) }
        }
        guard let first = firsts.first,
            let other = firsts.first(where: {
                let difference = Int128($0.1) * first.0.scale - Int128(first.1) * $0.0.scale
                return difference.magnitude > max(first.0.scale, $0.0.scale).magnitude
            })
        else { return MovieError(.notAligned, "the renditions have no key frame in common") }
        return MovieError(
            .notAligned,
            "the renditions begin at different times: \(first.0.name) at \(first.0.track.seconds(first.1)), "
                + "\(other.0.name) at \(other.0.track.seconds(other.1))")
    }

    /// Long groups of pictures are served as they are; segments that are long because two files differ are not.
    private func checkLengths(_ chosen: [[Int]]) throws(MovieError) {
        guard renditions.count > 1 else { return }
        for (position, indices) in chosen.enumerated() {
            let next = position + 1 < chosen.count ? chosen[position + 1] : nil
            for (number, rendition) in renditions.enumerated() {
                let starts = rendition.scan.starts
                let from = starts[indices[number]].time
                let until = next.map { starts[$0[number]].time } ?? rendition.scan.end
                let limit = Self.targetDuration * Self.longestInTargets * Int64(rendition.track.timescale)
                guard until - from > limit else { continue }
                if let error = parting(after: indices, before: next) { throw error }
            }
        }
    }

    /// The first key frame between two common ones that not all renditions have.
    private func parting(after indices: [Int], before next: [Int]?) -> MovieError? {
        var found: (rendition: Rendition, time: Int64)?
        for (number, rendition) in renditions.enumerated() {
            let starts = rendition.scan.starts
            let end = next?[number] ?? starts.count
            let shared = Set(common.map { $0[number] })
            guard indices[number] + 1 < end else { continue }
            for index in (indices[number] + 1)..<end where !shared.contains(index) {
                let time = starts[index].time
                if let other = found, Int128(time) * other.rendition.scale >= Int128(other.time) * rendition.scale {
                    break
                }
                found = (rendition, time)
                break
            }
        }
        guard let found, let other = renditions.first(where: { lacks($0, found.time, of: found.rendition) }) else {
            return nil
        }
        return MovieError(
            .notAligned,
            "the key frames of the renditions are not aligned: at \(found.rendition.track.seconds(found.time)) "
                + "\(found.rendition.name) has one and \(other.name) has none, and the ones that they share are more than "
                + "\(Self.targetDuration * Self.longestInTargets) s apart; encode them with the same key frames, "
                + "or let 'keyway encode' make the renditions")
    }

    private func lacks(_ rendition: Rendition, _ time: Int64, of other: Rendition) -> Bool {
        let tolerance = max(rendition.scale, other.scale).magnitude
        return !rendition.scan.starts.contains { start in
            (Int128(start.time) * other.scale - Int128(time) * rendition.scale).magnitude <= tolerance
        }
    }
}
