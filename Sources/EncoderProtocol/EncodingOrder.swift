import Foundation

/// What one run of the encoder makes of its inputs: a preset, and how the inputs are used. Inputs are named by their number
/// among the child's arguments, so that paths stand in one place.
public struct EncodingOrder: Sendable, Hashable, Codable {
    /// A stretch of an input.
    public struct Part: Sendable, Hashable, Codable {
        public var input: Int
        /// In seconds of the input; nil: its beginning.
        public var start: Double?
        /// In seconds of the input; nil: its end.
        public var end: Double?

        public init(input: Int, start: Double? = nil, end: Double? = nil) {
            self.input = input
            self.start = start
            self.end = end
        }
    }

    /// A file of subtitles beside the film.
    public struct SideText: Sendable, Hashable, Codable {
        public var input: Int
        /// RFC 5646.
        public var language: String
        /// One of `subtitle`, `caption` and `forced`.
        public var role: String

        public init(input: Int, language: String, role: String = "subtitle") {
            self.input = input
            self.language = language
            self.role = role
        }
    }

    /// A picture that lies over all others.
    public struct Overlay: Sendable, Hashable, Codable {
        public enum Corner: String, Sendable, Hashable, Codable, CaseIterable {
            case topLeft = "top-left"
            case topRight = "top-right"
            case bottomLeft = "bottom-left"
            case bottomRight = "bottom-right"
        }

        public var input: Int
        public var corner: Corner
        /// Its width as a share of the picture's.
        public var width: Double

        public init(input: Int, corner: Corner = .topRight, width: Double = 0.12) {
            self.input = input
            self.corner = corner
            self.width = width
        }
    }

    public var preset: EncodingPreset
    /// In the order in which they play; at least one.
    public var parts: [Part]
    public var texts: [SideText]
    public var overlay: Overlay?
    /// Whether each rendition is decoded again and held against the source.
    public var measuresQuality: Bool
    /// Nil: `off`, as in orders that were written before there was a choice.
    public var split: EncodingSplit?
    /// Nil: the whole.
    public var share: Share?
    /// For a share of pictures.
    public var known: Known?

    public init(
        preset: EncodingPreset, parts: [Part] = [Part(input: 0)], texts: [SideText] = [], overlay: Overlay? = nil,
        measuresQuality: Bool = false, split: EncodingSplit? = nil
    ) {
        self.preset = preset
        self.parts = parts
        self.texts = texts
        self.overlay = overlay
        self.measuresQuality = measuresQuality
        self.split = split
    }

    /// Of the JSON, in bytes.
    public static let maximumSize = 64 << 10

    /// How many inputs it needs.
    public var inputCount: Int { (usedInputs.max() ?? -1) + 1 }

    /// Most tracks of still pictures that come of it.
    public var mostStills: Int { (preset.thumbnails == nil ? 0 : 1) + (preset.poster == nil ? 0 : 1) }

    /// Whether still pictures are asked for.
    public var hasStills: Bool { mostStills > 0 }

    private var usedInputs: [Int] {
        parts.map(\.input) + texts.map(\.input) + [overlay?.input, share?.storedIndex].compactMap { $0 }
    }

    /// Everything wrong with it, each with the field's path.
    public var defects: [String] {
        var defects = preset.defects.map { "preset.\($0)" }
        if !(1...EncoderTask.maximumInputs).contains(parts.count) {
            defects.append("parts: 1 to \(EncoderTask.maximumInputs)")
        }
        if !usedInputs.allSatisfy({ (0..<EncoderTask.maximumInputs).contains($0) }) {
            defects.append("inputs: at most \(EncoderTask.maximumInputs)")
        }
        for (number, part) in parts.enumerated() {
            let (start, end) = (part.start ?? 0, part.end ?? .greatestFiniteMagnitude)
            if !start.isFinite || !(0...1e7).contains(start) { defects.append("parts[\(number)].start: 0 or later") }
            if !(end > start) { defects.append("parts[\(number)].end: behind the start") }
        }
        for (number, text) in texts.enumerated() {
            if !Self.isLanguage(text.language) { defects.append("texts[\(number)].language: a language tag") }
            if !["subtitle", "caption", "forced"].contains(text.role) { defects.append("texts[\(number)].role") }
        }
        if let overlay, !(0.01...1).contains(overlay.width) { defects.append("overlay.width: 1 % to 100 %") }
        return defects + shareDefects
    }

    private var shareDefects: [String] {
        let counts = 0...1_000_000_000
        switch share {
        case nil, .whole, .plan: return []
        case .stills(let index):
            if index != nil, parts.count != 1 { return ["share: a stored track is the only part"] }
            return hasStills ? [] : ["share: no still pictures are asked for"]
        case .pictures(let first, let count):
            return counts.contains(first) && (count.map { counts.contains($0) && $0 > 0 } ?? true) ? [] : ["share"]
        case .sound(let pictures): return counts.contains(pictures) ? [] : ["share"]
        }
    }

    /// The shape of a tag (RFC 5646, 2.1).
    public static func isLanguage(_ text: String) -> Bool {
        (2...35).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
            }
    }
}

extension EncodingOrder {
    /// As a job's record and the child's argument carry it.
    ///
    /// - Throws: `EncodingOrderError` when it is too large.
    public func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(self)
        guard data.count <= Self.maximumSize else {
            throw EncodingOrderError("the order has more than \(Self.maximumSize) bytes")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// From `text()`, or from the name of a preset that is always there, for one input.
    ///
    /// - Throws: `EncodingOrderError` with everything that is wrong.
    public init(text: String) throws(EncodingOrderError) {
        if !text.hasPrefix("{") {
            guard let preset = EncodingPreset.named(text) else {
                throw EncodingOrderError("there is no preset '\(text.prefix(128))'")
            }
            self.init(preset: preset)
            return
        }
        guard text.utf8.count <= Self.maximumSize else {
            throw EncodingOrderError("the order has more than \(Self.maximumSize) bytes")
        }
        guard let order = try? JSONDecoder().decode(EncodingOrder.self, from: Data(text.utf8)) else {
            throw EncodingOrderError("the order cannot be read")
        }
        let defects = order.defects
        guard defects.isEmpty else { throw EncodingOrderError(defects.joined(separator: "; ")) }
        self = order
    }
}

/// Why an order was refused.
public struct EncodingOrderError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
