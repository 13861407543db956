import Foundation
import Policies

/// One request, as the access log tells of it. Holds no header field and no body.
struct AccessRecord: Sendable {
    var time: Date
    /// The listener's name.
    var listener: String
    var requestID: String
    var method: String
    /// Path and query as they came: shown only through `AccessTarget`.
    var target: String
    var status: Int
    /// Length of the answer's body; nil when it is not known before it is written.
    var bytes: Int?
    /// Until the answer began.
    var duration: Duration
    var client: IPAddress?

    /// One line of JSON (RFC 8259).
    var line: String {
        struct Line: Encodable {
            var time: String
            var listener: String
            var request: String
            var client: String?
            var method: String
            var path: String
            var status: Int
            var bytes: Int?
            var microseconds: Int64
        }
        let (seconds, attoseconds) = duration.components
        let line = Line(
            time: time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)), listener: listener,
            request: requestID, client: client?.description, method: String(method.prefix(32)),
            path: AccessTarget.shown(target), status: status, bytes: bytes,
            microseconds: seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

/// What of a request's target may be written down.
enum AccessTarget {
    /// The parameters whose values are known to be no secrets. All others are hidden: a player may put its token under any
    /// name.
    private static let shown: Set<String> = ["kid", "asset", "after", "limit", "from", "to"]
    private static let hidden = "-"
    /// Longest path or query that is shown, in bytes.
    private static let longest = 1024
    private static let mostPairs = 32
    private static let longestValue = 64

    static func shown(_ target: String) -> String {
        let sides = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = clipped(sides[0], longest)
        guard sides.count == 2 else { return path }
        let pairs = sides[1].split(separator: "&", maxSplits: mostPairs, omittingEmptySubsequences: false)
        // What was not cut into pairs may hold anything.
        let query = pairs.prefix(mostPairs).map { pair -> String in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0]).removingPercentEncoding ?? ""
            guard isName(name) else { return hidden }
            guard parts.count == 2 else { return name }
            guard shown.contains(name.lowercased()) else { return "\(name)=\(hidden)" }
            return "\(name)=\(clipped(parts[1], longestValue))"
        }
        return path + "?" + clipped(query.joined(separator: "&")[...], longest)
    }

    /// A parameter's name can be a secret, too, when somebody forgot it.
    private static func isName(_ text: String) -> Bool {
        (1...16).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F }
    }

    private static func clipped(_ text: Substring, _ length: Int) -> String {
        text.utf8.count <= length ? String(text) : String(decoding: text.utf8.prefix(length), as: UTF8.self) + "…"
    }
}
