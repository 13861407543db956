import Foundation

/// Writes an `.ismt` as encoders of Smooth Streaming do: a fragment for each document, whose times count from the fragment's
/// beginning. ffmpeg writes such text into one sample only.
struct SmoothTextFile {
    /// In seconds.
    var fragments: [(start: Int, length: Int, document: String)]
    /// ISO 639-2.
    var language: String
    /// Of the sample entry.
    var form = "dfxp"

    static func document(_ paragraphs: (begin: String, end: String, text: String)...) -> String {
        let body = paragraphs.map { "<p begin=\"\($0.begin)\" end=\"\($0.end)\">\($0.text)</p>" }.joined()
        return "<?xml version=\"1.0\" encoding=\"utf-8\"?><tt xmlns=\"http://www.w3.org/2006/10/ttaf1\" "
            + "xmlns:tts=\"http://www.w3.org/2006/10/ttaf1#styling\" xml:lang=\"\"><head/><body><div>\(body)</div></body></tt>"
    }

    var data: Data {
        Self.box("ftyp", Self.text("isml") + Self.number(1) + Self.text("piffiso2")) + movie
            + fragments.enumerated().reduce(Data()) { $0 + fragment($1.element, number: $1.offset + 1) }
    }

    private static let matrix = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]

    private var movie: Data {
        let matrix = Self.matrix.reduce(Data()) { $0 + Self.number($1) }
        let header = Self.box(
            "mvhd",
            Self.zeros(12) + Self.number(10_000_000) + Self.zeros(4) + Self.number(0x1_0000) + Self.zeros(12) + matrix
                + Self.zeros(24) + Self.number(2))
        let track = Self.box(
            "tkhd", Self.number(7) + Self.zeros(8) + Self.number(1) + Self.zeros(24) + matrix + Self.zeros(8))
        let code = language.utf8.reduce(0) { $0 << 5 | Int($1 - 0x60) }
        let media =
            Self.box("mdhd", Self.zeros(12) + Self.number(10_000_000) + Self.zeros(4) + Self.number(code << 16))
            + Self.box("hdlr", Self.zeros(8) + Self.text("text") + Self.zeros(13))
        let entry = Self.box("stsd", Self.zeros(4) + Self.number(1) + Self.box(form, Self.zeros(6) + Data([0, 1])))
        let tables = ["stts", "stsc", "stco"].reduce(entry) { $0 + Self.box($1, Self.zeros(8)) }
        let references = Self.box(
            "dinf", Self.box("dref", Self.zeros(4) + Self.number(1) + Self.box("url ", Self.number(1))))
        let information = Self.box(
            "minf",
            Self.box("nmhd", Self.zeros(4)) + references + Self.box("stbl", tables + Self.box("stsz", Self.zeros(12))))
        let defaults = Self.box("trex", Self.zeros(4) + Self.number(1) + Self.number(1) + Self.zeros(12))
        return Self.box(
            "moov",
            header + Self.box("trak", track + Self.box("mdia", media + information)) + Self.box("mvex", defaults))
    }

    private func fragment(_ part: (start: Int, length: Int, document: String), number: Int) -> Data {
        let bytes = Data(part.document.utf8)
        func whole(_ offset: Int) -> Data {
            // Time and length of the fragment ([MS-SSTR], 2.2.4.4), in 64 bits.
            let identifier: [UInt8] = [
                0x6D, 0x1D, 0x9B, 0x05, 0x42, 0xD5, 0x44, 0xE6, 0x80, 0xE2, 0x14, 0x1D, 0xAF, 0xF7, 0x57, 0xB2,
            ]
            let times = [part.start, part.length].map { seconds in
                Self.number(seconds * 10_000_000 >> 32) + Self.number(seconds * 10_000_000 & 0xFFFF_FFFF)
            }
            let run = Self.box(
                "trun",
                Self.number(0x301) + Self.number(1) + Self.number(offset) + Self.number(part.length * 10_000_000)
                    + Self.number(bytes.count))
            return Self.box(
                "moof",
                Self.box("mfhd", Self.zeros(4) + Self.number(number))
                    + Self.box(
                        "traf",
                        Self.box("tfhd", Self.number(0x20) + Self.number(1) + Self.number(0x200_0000)) + run
                            + Self.box(
                                "uuid", Data(identifier) + Self.number(0x100_0000) + times.reduce(Data(), +))))
        }
        return whole(whole(0).count + 8) + Self.box("mdat", bytes)
    }

    private static func number(_ value: Int) -> Data {
        Data([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) })
    }
    private static func zeros(_ count: Int) -> Data { Data(count: count) }
    private static func text(_ text: String) -> Data { Data(text.utf8) }
    private static func box(_ type: String, _ content: Data) -> Data {
        number(content.count + 8) + text(type) + content
    }
}
