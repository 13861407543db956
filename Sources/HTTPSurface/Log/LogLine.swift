public import Foundation
public import Logging

/// Something that the service says, as a line of JSON (RFC 8259): `time` (RFC 3339), `level`, `logger` and `message`, and what
/// belongs to it as further members.
public struct LogLine: Sendable {
    private static let own: Set<String> = ["time", "level", "logger", "message"]
    /// The framework's name of a request. Ours stands in all logs, in the audit log and in answers.
    static let frameworksRequest = "hb.request.id"

    private var members: [String: LogMember]

    /// - Parameter metadata: what has the name of one of the line's own members is called `metadata.` and its name.
    public init(
        level: Logger.Level, logger: String, message: String, metadata: Logger.Metadata = [:], time: Date = Date()
    ) {
        members = [:]
        for (name, value) in metadata where name != Self.frameworksRequest {
            members[Self.own.contains(name) ? "metadata.\(name)" : name] = LogMember(value)
        }
        members["time"] = .text(time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        members["level"] = .text(level.rawValue)
        members["logger"] = .text(logger)
        members["message"] = .text(message)
    }

    /// The line with its end.
    public var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = (try? encoder.encode(members)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        return Self.otherLineEnds.reduce(json) { $0.replacing($1.text, with: $1.escape) } + "\n"
    }

    /// What JSON may write as it is, and some readers take for the end of a line; it stands in strings only.
    private static let otherLineEnds = [
        (text: "\u{85}", escape: "\\u0085"), (text: "\u{2028}", escape: "\\u2028"),
        (text: "\u{2029}", escape: "\\u2029"),
    ]
}

/// What a member of a line holds.
private indirect enum LogMember: Encodable, Sendable {
    case text(String)
    case list([LogMember])
    case members([String: LogMember])

    init(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text): self = .text(text)
        case .stringConvertible(let value): self = .text(value.description)
        case .array(let values): self = .list(values.map(LogMember.init))
        case .dictionary(let members): self = .members(members.mapValues(LogMember.init))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        case .members(let members): try container.encode(members)
        }
    }
}

/// Writes the service's log as lines of JSON.
public struct JSONLogHandler: LogHandler {
    public var logLevel = Logger.Level.info
    public var metadata = Logger.Metadata()
    public var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let write: @Sendable (String) -> Void

    /// - Parameter write: is given whole lines.
    public init(label: String, write: @escaping @Sendable (String) -> Void = { StandardError.write($0) }) {
        self.label = label
        self.write = write
    }

    public subscript(metadataKey name: String) -> Logger.Metadata.Value? {
        get { metadata[name] }
        set { metadata[name] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        all.merge(metadataProvider?.get() ?? [:]) { $1 }
        all.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error, all["error"] == nil { all["error"] = "\(error)" }
        write(LogLine(level: event.level, logger: label, message: "\(event.message)", metadata: all).text)
    }
}
