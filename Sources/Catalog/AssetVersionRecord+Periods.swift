import MediaModel
public import Policies

extension AssetVersionRecord {
    /// How many crypto periods the version has: those of its longest track, so that every label has as many keys.
    public func periodCount(_ times: ProtectionTimes) -> Int {
        tracks.map { times.periodCount(duration: $0.duration, timescale: $0.description.timescale) }.max() ?? 1
    }
}
