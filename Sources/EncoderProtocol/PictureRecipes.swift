/// Thumbnails for those who look for a place in the film: small pictures at equal distances, many on a sheet.
public struct ThumbnailRecipe: Sendable, Hashable, Codable {
    /// From one picture to the next, in seconds; brought to a whole number of frames.
    public var interval: Double
    /// Of one picture, in pixels; of one that is higher than wide, its height. The other side follows from the film.
    public var width: Int
    /// Pictures side by side.
    public var columns: Int
    /// Pictures one above the other.
    public var rows: Int

    public init(interval: Double = 10, width: Int = 256, columns: Int = 4, rows: Int = 5) {
        self.interval = interval
        self.width = width
        self.columns = columns
        self.rows = rows
    }

    public static let intervals = 0.5...600.0
    public static let widths = 32...640
    public static let counts = 1...16
    /// Of a sheet of pictures that are 16 to 9, in pixels: what small machines decode.
    public static let largestSheet = 8 << 20

    /// Everything wrong with the values, each with its field.
    public var defects: [String] {
        var defects: [String] = []
        if !Self.intervals.contains(interval) { defects.append("interval: 0.5 to 600 s") }
        if !Self.widths.contains(width) { defects.append("width: 32 to 640") }
        if !Self.counts.contains(columns) { defects.append("columns: 1 to 16") }
        if !Self.counts.contains(rows) { defects.append("rows: 1 to 16") }
        guard defects.isEmpty else { return defects }
        let pixels = width * columns * (width * 9 / 16) * rows
        if pixels > Self.largestSheet { defects.append("columns, rows: a sheet has at most 8 million pixels") }
        return defects
    }
}

/// The picture that stands for the film.
public struct PosterRecipe: Sendable, Hashable, Codable {
    /// When it is shown, in seconds of the film; nil: the picture with the most to see, of some over the whole film.
    public var position: Double?
    /// In pixels, at most; a smaller film is not enlarged.
    public var width: Int

    public init(position: Double? = nil, width: Int = 1280) {
        self.position = position
        self.width = width
    }

    public static let positions = 0.0...86_400.0
    public static let widths = 64...3840

    var defects: [String] {
        var defects: [String] = []
        if let position, !Self.positions.contains(position) { defects.append("position: 0 to 86400 s") }
        if !Self.widths.contains(width) { defects.append("width: 64 to 3840") }
        return defects
    }
}
