import ISOBaseMedia
public import MediaModel

extension FragmentPlan {
    /// Which bytes of a video segment show its first picture by themselves, behind the init segment: `moof`, the header
    /// of `mdat`, and the first sample. Nil when decoding cannot start there.
    ///
    /// - Parameter index: the one that the plan was made from.
    public func keyFrame(in index: TrackIndex, segment: Int) -> Range<Int>? {
        guard kind == .video, segment >= 0, segment < index.segmentCount else { return nil }
        let sample = index.sample(index.segment(segment).firstSample)
        guard sample.isSync else { return nil }
        return FileTypeBox.segment.size..<(headerSize + Int(sample.size))
    }
}
