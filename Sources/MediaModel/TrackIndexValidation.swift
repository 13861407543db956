extension TrackIndex {
    /// Checks the tables against each other once, when the index is opened: segments cover all samples in order,
    /// samples stay within the track file, subsamples add up to their samples, times do not overflow.
    func validateTables() throws(TrackIndexError) {
        let found = withTables { tables in Result { () throws(TrackIndexError) in try validate(tables) } }
        try found.get()
    }

    private func validate(_ tables: IndexTables) throws(TrackIndexError) {
        guard segmentCount > 0 else { throw TrackIndexError("it has no segment") }
        guard sampleCount <= Int(Int32.max), subsampleCount <= Int(Int32.max) else {
            throw TrackIndexError("it has too many samples")
        }
        var nextSample = 0
        var nextSubsample = 0
        var nextTime: UInt64 = 0
        for index in 0..<segmentCount {
            let segment = tables.segment(index)
            guard segment.sampleCount > 0, segment.firstSample == nextSample,
                segment.sampleCount <= sampleCount - nextSample
            else { throw TrackIndexError("segment \(index) does not follow its samples") }
            // 2^62 units leave room for every sum of two times in Int64.
            guard segment.decodeTime >= nextTime, segment.decodeTime < 1 << 62 else {
                throw TrackIndexError("segment \(index) overlaps the one before it")
            }
            nextTime = segment.decodeTime + (try validateSamples(of: segment, index, &nextSubsample, tables))
            nextSample += segment.sampleCount
        }
        guard nextSample == sampleCount, nextSubsample == subsampleCount else {
            throw TrackIndexError("its segments do not cover its samples")
        }
    }

    /// Returns the segment's duration, which is checked to be the sum of its samples' durations.
    private func validateSamples(
        of segment: SegmentEntry, _ index: Int, _ nextSubsample: inout Int, _ tables: IndexTables
    ) throws(TrackIndexError) -> UInt64 {
        var byteCount: UInt64 = 0
        var duration: UInt64 = 0
        for number in segment.firstSample..<(segment.firstSample + segment.sampleCount) {
            let sample = tables.sample(number)
            let end = sample.offset.addingReportingOverflow(UInt64(sample.size))
            guard sample.size > 0, !end.overflow, end.partialValue <= mediaSize else {
                throw TrackIndexError("sample \(number) lies outside its file")
            }
            guard sample.duration > 0 else { throw TrackIndexError("sample \(number) has no duration") }
            byteCount += UInt64(sample.size)
            duration += UInt64(sample.duration)
            try validateSubsamples(of: sample, number, &nextSubsample, tables)
        }
        // A segment is sent in one answer and must fit NIO's 32-bit buffer indices with its boxes.
        guard byteCount == segment.byteCount, byteCount <= 1 << 31, duration == segment.duration else {
            throw TrackIndexError("segment \(index) does not add up")
        }
        return duration
    }

    private func validateSubsamples(
        of sample: SampleEntry, _ number: Int, _ nextSubsample: inout Int, _ tables: IndexTables
    ) throws(TrackIndexError) {
        // senc counts subsamples in 16 bits (ISO/IEC 23001-7, 7.2).
        guard sample.firstSubsample == nextSubsample, sample.subsampleCount <= 65_535,
            sample.subsampleCount <= subsampleCount - nextSubsample
        else { throw TrackIndexError("sample \(number) does not follow its subsamples") }
        guard sample.subsampleCount > 0 else { return }
        var total: UInt64 = 0
        for index in nextSubsample..<(nextSubsample + sample.subsampleCount) {
            let entry = tables.subsample(index)
            total += UInt64(entry.clearBytes) + UInt64(entry.protectedBytes)
        }
        guard total == UInt64(sample.size) else {
            throw TrackIndexError("the subsamples of sample \(number) do not add up to its size")
        }
        nextSubsample += sample.subsampleCount
    }
}
