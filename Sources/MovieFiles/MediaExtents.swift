/// Which bytes of a file are samples: runs of them, as long as possible.
struct MediaExtents: Sendable {
    private(set) var extents: [Range<UInt64>] = []

    mutating func add(_ sample: MovieSample) {
        let range = sample.offset..<(sample.offset + UInt64(sample.size))
        if let last = extents.last, last.upperBound == range.lowerBound {
            extents[extents.count - 1] = last.lowerBound..<range.upperBound
        } else {
            extents.append(range)
        }
    }

    /// Holds the samples of all tracks of a file against each other and against its `mdat` boxes.
    ///
    /// - Parameter media: what `mdat` boxes hold, ascending.
    /// - Throws: when two samples share a byte, or one lies outside the media.
    static func check(_ all: [MediaExtents], within media: [Range<UInt64>]) throws(MovieError) {
        let sorted = all.flatMap(\.extents).sorted { $0.lowerBound < $1.lowerBound }
        var box = 0
        var end: UInt64 = 0
        for extent in sorted {
            guard extent.lowerBound >= end else {
                throw MovieError(.damaged, "two samples share bytes", at: extent.lowerBound)
            }
            end = extent.upperBound
            var position = extent.lowerBound
            while position < end {
                while box < media.count, media[box].upperBound <= position { box += 1 }
                guard box < media.count, media[box].lowerBound <= position else {
                    throw MovieError(.damaged, "a sample lies outside every 'mdat'", at: position)
                }
                position = min(end, media[box].upperBound)
            }
        }
    }
}
