/// How the still pictures of a track lie in its JPEG files. The track's media are those files, one behind the other; each is
/// one sample and one segment.
public struct ImageFormat: Sendable, Hashable, Codable {
    public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
        /// Pictures at equal distances in time, many of them on one sheet.
        case thumbnails
        /// One picture that stands for the film.
        case poster
    }

    public var role: Role
    /// Of one picture, in pixels.
    public var width: Int
    public var height: Int
    /// Pictures side by side on a sheet.
    public var columns: Int
    /// Pictures one above the other on a sheet.
    public var rows: Int
    /// From one picture to the next, in the track's timescale; of a poster, anything above zero.
    public var interval: UInt32

    public init(role: Role, width: Int, height: Int, columns: Int = 1, rows: Int = 1, interval: UInt32) {
        self.role = role
        self.width = width
        self.height = height
        self.columns = columns
        self.rows = rows
        self.interval = interval
    }

    /// Of a whole sheet, in pixels: browsers on small machines decode no more at once.
    public static let largestSheet = 8 << 20
    /// Side by side, and one above the other.
    public static let mostInLine = 32
    /// Of a JPEG file, in bytes.
    public static let longestFile: UInt64 = 8 << 20
    /// Of all files of a track, in bytes: no film fits in it that is worth the name.
    public static let longestTrack: UInt64 = 256 << 20

    /// Of all of it, in seconds: sums of times never overflow.
    private static let longestFilm: UInt64 = 10_000_000

    /// Pictures of a track: one every half second of a day.
    public static let mostPictures: UInt64 = 172_800

    /// Of a sheet, in pixels.
    public var sheetWidth: Int { width * columns }
    public var sheetHeight: Int { height * rows }

    /// Pictures on a sheet.
    public var sheetCount: Int { columns * rows }

    /// From one sheet to the next, in the track's timescale.
    public var sheetDuration: UInt64 { UInt64(interval) * UInt64(sheetCount) }

    /// Whether an index of such a track keeps to the bounds: what may leave in the clear beside a protected film is no film.
    public static func isBounded(_ index: TrackIndex) -> Bool {
        guard let format = index.description.image, index.mediaSize <= longestTrack,
            index.duration / UInt64(max(index.description.timescale, 1)) <= longestFilm,
            index.duration / UInt64(max(format.interval, 1)) <= mostPictures || format.role == .poster,
            UInt64(index.segmentCount) <= mostPictures
        else { return false }
        return (0..<index.sampleCount).allSatisfy { UInt64(index.sample($0).size) <= longestFile }
    }

    var defect: String? {
        guard (2...4096).contains(width), (2...4096).contains(height), (1...Self.mostInLine).contains(columns),
            (1...Self.mostInLine).contains(rows), sheetWidth * sheetHeight <= Self.largestSheet
        else { return "picture size is out of range" }
        guard interval > 0 else { return "pictures have no distance in time" }
        return role == .poster && sheetCount > 1 ? "a poster is one picture" : nil
    }
}

/// Where each thumbnail is: on which sheet, in which cell, and from when to when it stands for the film.
public struct ThumbnailLayout: Sendable, Hashable {
    public let format: ImageFormat
    /// Units a second of every time.
    public let timescale: UInt32
    /// Where the film ends.
    public let end: UInt64

    /// One picture.
    public struct Cell: Sendable, Hashable {
        /// Counts from 0.
        public var sheet: Int
        /// On the sheet, in pixels.
        public var x: Int
        public var y: Int
        /// In the track's timescale.
        public var start: UInt64
        public var end: UInt64
    }

    public init(format: ImageFormat, timescale: UInt32, end: UInt64) {
        self.format = format
        self.timescale = timescale
        self.end = end
    }

    /// Of a track of thumbnails; nil when its sheets do not lie as the format says.
    public init?(_ index: TrackIndex) {
        guard let format = index.description.image, format.role == .thumbnails else { return nil }
        for number in 0..<index.segmentCount {
            let sheet = index.segment(number)
            guard sheet.sampleCount == 1, sheet.decodeTime == UInt64(number) * format.sheetDuration,
                sheet.duration <= format.sheetDuration
            else { return nil }
        }
        self.init(format: format, timescale: index.description.timescale, end: index.duration)
    }

    /// How many pictures there are.
    public var count: Int { Int((end + UInt64(format.interval) - 1) / UInt64(format.interval)) }

    /// How many sheets there are; cells of the last one that have no picture are black.
    public var sheetCount: Int { (count + format.sheetCount - 1) / format.sheetCount }

    /// The picture with a number, which must be below `count`.
    public func cell(_ number: Int) -> Cell {
        precondition(number >= 0 && number < count)
        let place = number % format.sheetCount
        let start = UInt64(number) * UInt64(format.interval)
        return Cell(
            sheet: number / format.sheetCount, x: place % format.columns * format.width,
            y: place / format.columns * format.height, start: start, end: min(end, start + UInt64(format.interval)))
    }
}
