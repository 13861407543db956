/// Languages as people and containers write them: tags of RFC 5646 (`de`, `pt-BR`), and the codes of ISO 639-2 in both
/// their forms (`deu`, `ger`), which mean the same.
public enum LanguageTag {
    /// What says that nothing is known of the language.
    public static let undetermined = "und"

    /// The shape of a tag (RFC 5646, 2.1): a primary language of two or three letters, then parts of up to eight letters
    /// and digits.
    public static func isTag(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        guard text.utf8.count <= 35, let primary = parts.first, (2...3).contains(primary.count),
            primary.allSatisfy({ $0.isLetterOrDigit && !(0x30...0x39).contains($0) })
        else { return false }
        return parts.dropFirst().allSatisfy { part in
            (1...8).contains(part.count) && part.allSatisfy(\.isLetterOrDigit)
        }
    }

    /// The primary language in lower case, of two letters where there are such.
    public static func primary(_ tag: String) -> String {
        let text = tag.lowercased().split(separator: "-").first.map(String.init) ?? ""
        return twoLetters[text] ?? text
    }

    /// Whether two tags do not contradict each other: one may say more than the other.
    public static func agree(_ one: String, _ other: String) -> Bool {
        guard primary(one) == primary(other) else { return false }
        let parts = [one, other].map { $0.lowercased().split(separator: "-").dropFirst() }
        return parts[0].isEmpty || parts[1].isEmpty || parts[0] == parts[1]
    }

    /// ISO 639-1 to 639-2/T, of the commonest languages.
    public static let threeLetters = [
        "ar": "ara", "bg": "bul", "bn": "ben", "ca": "cat", "cs": "ces", "cy": "cym", "da": "dan", "de": "deu",
        "el": "ell", "en": "eng", "es": "spa", "et": "est", "eu": "eus", "fa": "fas", "fi": "fin", "fr": "fra",
        "ga": "gle", "gl": "glg", "he": "heb", "hi": "hin", "hr": "hrv", "hu": "hun", "id": "ind", "is": "isl",
        "it": "ita", "ja": "jpn", "ko": "kor", "lt": "lit", "lv": "lav", "mk": "mkd", "ms": "msa", "nb": "nob",
        "nl": "nld", "nn": "nno", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sk": "slk",
        "sl": "slv", "sq": "sqi", "sr": "srp", "sv": "swe", "ta": "tam", "te": "tel", "th": "tha", "tr": "tur",
        "uk": "ukr", "ur": "urd", "vi": "vie", "zh": "zho",
    ]

    /// ISO 639-2/B where it differs from 639-2/T, of the same languages.
    private static let bibliographic = [
        "baq": "eu", "chi": "zh", "cze": "cs", "dut": "nl", "fre": "fr", "ger": "de", "gre": "el", "ice": "is",
        "mac": "mk", "may": "ms", "per": "fa", "rum": "ro", "slo": "sk", "alb": "sq", "wel": "cy",
    ]

    private static let twoLetters = threeLetters.reduce(into: bibliographic) { $0[$1.value] = $1.key }
}
