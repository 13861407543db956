import Policies

/// How a track's bytes are treated, as one part of a path: the encryption, and behind it what of the time is encrypted, where
/// it is not all under one key. Segments are kept by caches for good; a policy that comes to treat them otherwise gives
/// them other URLs.
extension OriginPath {
    /// `cenc`, `cenc-lead10`, `cbc-period300`, `cbcs-aapl-lead10-period300`; both in seconds.
    static func treatment(_ encryption: DeliveryEncryption, _ times: ProtectionTimes) -> String {
        encryption.urlWord + (times.clearLead > 0 ? "-lead\(times.clearLead)" : "")
            + (times.cryptoPeriod.map { "-period\($0)" } ?? "")
    }

    /// The inverse; other spellings are found by printing what was read.
    static func treatment(_ text: String) -> (DeliveryEncryption, ProtectionTimes)? {
        var text = text[...]
        var times = ProtectionTimes.whole
        if let (rest, seconds) = suffix("-period", of: text) { (text, times.cryptoPeriod) = (rest, seconds) }
        if let (rest, seconds) = suffix("-lead", of: text) { (text, times.clearLead) = (rest, seconds) }
        guard let encryption = DeliveryEncryption(urlWord: text),
            times == .whole || encryption.keyType != nil
        else { return nil }
        return (encryption, times)
    }

    private static func suffix(_ word: String, of text: Substring) -> (Substring, Int)? {
        let digits = text.reversed().prefix { $0.isASCII && $0.isNumber }.count
        let rest = text.dropLast(digits)
        guard (1...6).contains(digits), rest.hasSuffix(word), let seconds = Int(text.suffix(digits)), seconds > 0
        else { return nil }
        return (rest.dropLast(word.count), seconds)
    }
}
