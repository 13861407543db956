/// The thumbnails that an encode task makes besides what its preset makes.
public struct TaskThumbnails: Sendable, Hashable, Codable {
    /// From one to the next, in seconds.
    public var interval: Double
    /// In pixels.
    public var width: Int
    public var columns: Int
    public var rows: Int

    public init(interval: Double, width: Int, columns: Int, rows: Int) {
        self.interval = interval
        self.width = width
        self.columns = columns
        self.rows = rows
    }
}

/// The poster that an encode task makes.
public struct TaskPoster: Sendable, Hashable, Codable {
    /// In seconds; nil for the best picture.
    public var position: Double?
    /// In pixels.
    public var width: Int

    public init(position: Double?, width: Int) {
        self.position = position
        self.width = width
    }
}
