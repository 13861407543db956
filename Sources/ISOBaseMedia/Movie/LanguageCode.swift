import MediaModel

/// Languages as `mdhd` packs them: ISO 639-2/T codes of three letters (ISO/IEC 14496-12, 8.4.2.3).
enum LanguageCode {
    /// `und`, the code for a language that is not known.
    static let undetermined: UInt16 = 0x55C4

    /// The packed code for a language tag of RFC 5646: its primary subtag if that has three letters, the three-letter
    /// code of the commonest two-letter subtags, else `und` (`elng` then carries the tag).
    static func packed(tag: String) -> UInt16 {
        let primary = tag.prefix { $0 != "-" }.lowercased()
        let code = Array((primary.utf8.count == 2 ? LanguageTag.threeLetters[primary] ?? "" : primary).utf8)
        guard code.count == 3, code.allSatisfy({ (0x61...0x7A).contains($0) }) else { return undetermined }
        return code.reduce(0) { $0 << 5 | UInt16($1 - 0x60) }
    }

    static func unpacked(_ packed: UInt16) -> String {
        String(decoding: [10, 5, 0].map { UInt8(packed >> $0 & 0x1F) + 0x60 }, as: UTF8.self)
    }
}
