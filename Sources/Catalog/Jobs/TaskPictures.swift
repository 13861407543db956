/// The thumbnails that a task makes: of kind `encode`, besides what its preset makes.
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

/// The poster that a task makes.
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

/// The picture that an encode task lays over the film.
public struct TaskOverlay: Sendable, Hashable, Codable {
    /// An original, as `asset:NAME/FILE`: it is there for whichever machine does the task, and has passed its checks.
    public var file: String
    /// As `EncodingOrder.Overlay.Corner` writes it.
    public var corner: String
    /// Of the overlay, as a share of the film's.
    public var width: Double

    public init(file: String, corner: String = "top-right", width: Double = 0.12) {
        self.file = file
        self.corner = corner
        self.width = width
    }
}
