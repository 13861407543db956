import MediaModel

extension PresentedTrack {
    /// The track with some of its segments only; what names them stays as it is.
    ///
    /// - Parameter range: of `segments`; what lies outside of them is left out.
    public func cut(to range: Range<Int>) -> PresentedTrack {
        let range = range.clamped(to: segments.indices)
        var track = self
        track.segments = Array(segments[range])
        track.keyFrames = keyFrames.filter { range.contains($0.segment) }.map { frame in
            var frame = frame
            frame.segment -= range.lowerBound
            return frame
        }
        if let schedule, schedule.segments.count == segments.count {
            track.schedule?.segments = Array(schedule.segments[range])
        }
        if case .envelope(var envelope) = protection, envelope.vectors.count == segments.count {
            envelope.vectors = Array(envelope.vectors[range])
            track.protection = .envelope(envelope)
        }
        return track
    }
}

extension Presentation {
    /// The presentation with the track of pictures first that a player shall begin with: the one with the most bits per
    /// second up to a rate, or else the one with the fewest.
    public func beginning(with bitrate: Int) -> Presentation {
        let videos = tracks(.video).sorted { $0.peakBitrate < $1.peakBitrate }
        guard let first = videos.last(where: { $0.peakBitrate <= bitrate }) ?? videos.first,
            let number = tracks.firstIndex(where: { $0.description.name == first.description.name })
        else { return self }
        var presentation = self
        presentation.tracks.insert(presentation.tracks.remove(at: number), at: 0)
        return presentation
    }
}
