extension FragmentPlan {
    /// Where a part of the samples' bytes lies in the track file: `part` counts from the first byte after the header of
    /// `mdat` and is cut to what there is. Joined, the ranges have as many bytes as the part.
    public func mediaRanges(of part: Range<Int>) -> [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        var start = 0
        for range in mediaRanges {
            let count = range.upperBound - range.lowerBound
            let end = start + Int(count)
            let from = max(part.lowerBound, start)
            let to = min(part.upperBound, end)
            if from < to {
                ranges.append((range.lowerBound + UInt64(from - start))..<(range.lowerBound + UInt64(to - start)))
            }
            if end >= part.upperBound { break }
            start = end
        }
        return ranges
    }
}
