/// Where the sound of one file is the sound of another, by their Chromaprint fingerprints.
///
/// Items whose upper bits are the same vote for the distance between them; at the distances with most votes, stretches of ten
/// seconds are compared bit by bit. A sound that was encoded anew differs in some bits, another one in about half of them.
struct FingerprintMatch: Sendable, Hashable {
    /// In items of the file.
    var range: Range<Int>
    /// In items of the work: where the range begins there.
    var start: Int

    /// In items: ten seconds.
    private static let window = 80
    /// Below this there is too little to tell.
    private static let shortestWindow = 48
    /// The share of bits that may differ.
    private static let tolerance = 0.28
    /// What is more often in a work tells nothing about a place: silence, a held tone.
    private static let mostPlaces = 64
    private static let mostDistances = 12

    /// - Throws: what `check` throws, which is called now and then.
    static func find(_ file: [UInt32], in work: FingerprintIndex, check: () throws -> Void) throws -> FingerprintMatch?
    {
        let window = min(Self.window, file.count, work.items.count)
        guard window >= shortestWindow else { return nil }
        var votes: [Int: Int] = [:]
        var last: UInt32?
        for (place, item) in file.enumerated() {
            if place % 8192 == 0 { try check() }
            let key = item >> FingerprintIndex.droppedBits
            guard key != last else { continue }
            last = key
            for other in work.places(of: key, atMost: mostPlaces) { votes[other - place, default: 0] += 1 }
        }
        // Two files begin between each other's items: the votes of neighbours belong together.
        let distances = votes.keys.map { (distance: $0, votes: votes[$0, default: 0] + votes[$0 + 1, default: 0]) }
            .sorted { ($0.votes, $0.distance) > ($1.votes, $1.distance) }.prefix(mostDistances)
        for (distance, votes) in distances where votes > 1 {
            try check()
            let near = [distance, distance + 1].compactMap { distance in
                stretch(file, work.items, distance, window).map { ($0, share($0, file, work.items)) }
            }
            if let best = near.min(by: { $0.1 < $1.1 }) { return best.0 }
        }
        return nil
    }

    /// The longest stretch at one distance.
    private static func stretch(
        _ file: [UInt32], _ work: [UInt32], _ distance: Int, _ window: Int
    ) -> FingerprintMatch? {
        let first = max(0, -distance)
        let end = min(file.count, work.count - distance)
        guard end - first >= window else { return nil }
        let limit = Int(Double(window * 32) * tolerance)
        var differing = 0
        var best: Range<Int>?
        var current: Range<Int>?
        for place in first..<end {
            differing += (file[place] ^ work[place + distance]).nonzeroBitCount
            if place >= first + window {
                differing -= (file[place - window] ^ work[place - window + distance]).nonzeroBitCount
            }
            guard place >= first + window - 1 else { continue }
            let from = place + 1 - window
            guard differing <= limit, isVaried(work[(from + distance)..<(place + 1 + distance)]) else { continue }
            if let open = current, open.upperBound >= from {
                current = open.lowerBound..<place + 1
            } else {
                current = from..<place + 1
            }
            if let current, current.count > best?.count ?? 0 { best = current }
        }
        return best.map { range in
            let trimmed = trimmed(range) { (file[$0] ^ work[$0 + distance]).nonzeroBitCount }
            return FingerprintMatch(range: trimmed, start: trimmed.lowerBound + distance)
        }
    }

    /// Of the bits of a match, those that differ.
    private static func share(_ match: FingerprintMatch, _ file: [UInt32], _ work: [UInt32]) -> Double {
        let differing = zip(file[match.range], work[match.start...]).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
        return Double(differing) / Double(match.range.count * 32)
    }

    /// Without what lies at its ends and is another sound: a stretch of ten seconds may have some of it.
    private static func trimmed(_ range: Range<Int>, _ differing: (Int) -> Int) -> Range<Int> {
        let limit = Int(Double(edge * 32) * tolerance)
        func isLike(_ start: Int) -> Bool { (start..<start + edge).reduce(0) { $0 + differing($1) } <= limit }
        let starts = range.lowerBound...(range.upperBound - edge)
        guard let first = starts.first(where: isLike), let last = starts.last(where: isLike) else { return range }
        return first..<last + edge
    }

    /// In items: a second.
    private static let edge = 8

    /// Silence is like silence, and a tone like a tone.
    private static func isVaried(_ items: ArraySlice<UInt32>) -> Bool {
        Set(items.map { $0 >> FingerprintIndex.droppedBits }).count >= items.count / 6
    }
}

/// A work's fingerprint, to be looked up.
struct FingerprintIndex: Sendable {
    /// The lower bits of an item change first.
    static let droppedBits: UInt32 = 12

    let items: [UInt32]
    private var places: [UInt32: [Int]] = [:]

    init(_ items: [UInt32]) {
        self.items = items
        var last: UInt32?
        for (place, item) in items.enumerated() {
            let key = item >> Self.droppedBits
            if key != last { places[key, default: []].append(place) }
            last = key
        }
    }

    func places(of key: UInt32, atMost limit: Int) -> [Int] {
        guard let found = places[key], found.count <= limit else { return [] }
        return found
    }
}
