import MediaModel

/// A table of fixed-size entries that stays in the file: a window of it is in memory.
struct EntryTable: Sendable {
    /// The box that holds it.
    let box: BoxPlace
    private let source: any MovieSource
    private let start: UInt64
    let entrySize: Int
    let count: Int
    private var window: [UInt8] = []
    private var windowFirst = 0

    /// Bytes of a window.
    private static let windowSize = 64 << 10

    /// - Parameter start: of the first entry in the file.
    /// - Throws: when the entries that are claimed cannot be in the box.
    init(_ box: BoxPlace, in source: any MovieSource, start: UInt64, entrySize: Int, count: UInt64) throws(MovieError) {
        let space = box.payload.upperBound >= start ? box.payload.upperBound - start : 0
        guard count <= space / UInt64(max(entrySize, 1)) else {
            throw box.error(
                .damaged, "it claims \(count) entries and has room for \(space / UInt64(max(entrySize, 1)))")
        }
        self.box = box
        self.source = source
        self.start = start
        self.entrySize = entrySize
        self.count = Int(count)
    }

    /// A number within an entry; `index` must be below `count`.
    mutating func number(_ index: Int, at field: Int = 0, size: Int = 4) throws(MovieError) -> UInt64 {
        guard index >= 0, index < count, field >= 0, field + size <= entrySize else {
            throw box.error(.damaged, "it has no entry \(index)")
        }
        if index < windowFirst || (index - windowFirst) * entrySize >= window.count {
            let entries = min(max(Self.windowSize / entrySize, 1), count - index)
            let from = place(of: index)
            window = try source.read(from..<(from + UInt64(entries * entrySize)))
            windowFirst = index
        }
        return window.bigEndian(at: (index - windowFirst) * entrySize + field, count: size)
    }

    /// Where an entry lies in the file.
    func place(of index: Int) -> UInt64 { start + UInt64(index) * UInt64(entrySize) }

    func error(_ reason: String, entry index: Int) -> MovieError {
        box.error(.damaged, reason, at: place(of: min(max(index, 0), count)))
    }
}
