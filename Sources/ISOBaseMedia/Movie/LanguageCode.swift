/// Languages as `mdhd` packs them: ISO 639-2/T codes of three letters (ISO/IEC 14496-12, 8.4.2.3).
enum LanguageCode {
    /// `und`, the code for a language that is not known.
    static let undetermined: UInt16 = 0x55C4

    /// The packed code for a language tag of RFC 5646: its primary subtag if that has three letters, the three-letter
    /// code of the commonest two-letter subtags, else `und` (`elng` then carries the tag).
    static func packed(tag: String) -> UInt16 {
        let primary = tag.prefix { $0 != "-" }.lowercased()
        let code = Array((primary.utf8.count == 2 ? threeLetters[primary] ?? "" : primary).utf8)
        guard code.count == 3, code.allSatisfy({ (0x61...0x7A).contains($0) }) else { return undetermined }
        return code.reduce(0) { $0 << 5 | UInt16($1 - 0x60) }
    }

    static func unpacked(_ packed: UInt16) -> String {
        String(decoding: [10, 5, 0].map { UInt8(packed >> $0 & 0x1F) + 0x60 }, as: UTF8.self)
    }

    private static let threeLetters = [
        "ar": "ara", "bg": "bul", "bn": "ben", "ca": "cat", "cs": "ces", "cy": "cym", "da": "dan", "de": "deu",
        "el": "ell", "en": "eng", "es": "spa", "et": "est", "eu": "eus", "fa": "fas", "fi": "fin", "fr": "fra",
        "ga": "gle", "gl": "glg", "he": "heb", "hi": "hin", "hr": "hrv", "hu": "hun", "id": "ind", "is": "isl",
        "it": "ita", "ja": "jpn", "ko": "kor", "lt": "lit", "lv": "lav", "mk": "mkd", "ms": "msa", "nb": "nob",
        "nl": "nld", "nn": "nno", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sk": "slk",
        "sl": "slv", "sq": "sqi", "sr": "srp", "sv": "swe", "ta": "tam", "te": "tel", "th": "tha", "tr": "tur",
        "uk": "ukr", "ur": "urd", "vi": "vie", "zh": "zho",
    ]
}
