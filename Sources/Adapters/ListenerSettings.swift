import Administration
import Configuration
import Foundation
import Policies

/// The files of a listener's TLS, as configured.
public struct TLSSettings: Sendable, Hashable {
    public var certificate: String
    public var key: String
    /// The authorities of clients' certificates; nil when none is asked for.
    public var clientAuthorities: String?
}

/// How requests are written down.
public enum AccessLogForm: String, Sendable, Hashable, CaseIterable {
    case off
    /// A line of JSON on standard error.
    case json
}

/// How much one client may ask.
public struct LimitSettings: Sendable, Hashable {
    /// Connections at once on a listener.
    public var connections: Int
    /// Key requests a second by client address, by the token's subject and by KID; nil for any number.
    public var address: Int?
    public var subject: Int?
    public var key: Int?
}

extension LimitSettings {
    init(_ reader: ConfigReader) throws {
        connections = try reader.positive("limits.connections") ?? 20_000
        address = try reader.positive("limits.address")
        subject = try reader.positive("limits.subject")
        key = try reader.positive("limits.key")
    }
}

extension ConfigReader {
    /// The elements of a list; nil when the field is not there.
    func list(_ field: String) -> [String]? {
        string(forKey: ConfigKey(field)).map { text in
            text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
    }

    /// A whole number above zero; nil when the field is not there.
    func positive(_ field: String) throws -> Int? {
        guard let text = string(forKey: ConfigKey(field)) else { return nil }
        guard let number = Int(text), number > 0 else {
            throw ConfigurationError("\(field) must be a whole number above 0, not '\(text)'")
        }
        return number
    }

    /// A whole number within a range; nil when the field is not there.
    func number(_ field: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = string(forKey: ConfigKey(field)) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError(
                "\(field) must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return number
    }

    /// A duration as `10m` in seconds, within a range; nil when the field is not there.
    func duration(_ field: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = string(forKey: ConfigKey(field)) else { return nil }
        guard let seconds = DurationText.seconds(text), range.contains(seconds) else {
            let (low, high) = (DurationText.text(range.lowerBound), DurationText.text(range.upperBound))
            throw ConfigurationError("\(field) must be a duration from \(low) to \(high), not '\(text)'")
        }
        return seconds
    }

    /// A duration as `90d`, in seconds; nil when the field is not there.
    func duration(_ field: String) throws -> TimeInterval? {
        guard let text = string(forKey: ConfigKey(field)) else { return nil }
        guard let seconds = DurationText.seconds(text), seconds > 0 else {
            throw ConfigurationError("\(field) must be a duration as 12h or 90d, not '\(text)'")
        }
        return TimeInterval(seconds)
    }

    func accessLog() throws -> AccessLogForm {
        guard let word = string(forKey: "accessLog") else { return .off }
        // `off` is a boolean in YAML 1.1.
        guard let form = AccessLogForm(rawValue: word == "false" ? "off" : word) else {
            throw ConfigurationError("accessLog must be off or json, not '\(word)'")
        }
        return form
    }

    func proxyProtocol(trusted: [AddressBlock]) throws -> Set<String> {
        let names = Set(list("proxyProtocol") ?? [])
        if let unknown = names.first(where: { !ServiceConfiguration.listeners.contains($0) }) {
            throw ConfigurationError(
                "proxyProtocol: '\(unknown)' is no listener; known are \(ServiceConfiguration.listeners.joined(separator: ", "))"
            )
        }
        guard names.isEmpty || !trusted.isEmpty else {
            throw ConfigurationError("proxyProtocol needs trustedProxies: who may say what a client's address is")
        }
        return names
    }

    func tls() throws -> [String: TLSSettings] {
        var settings: [String: TLSSettings] = [:]
        for name in ServiceConfiguration.listeners {
            let certificate = string(forKey: ConfigKey("tls.\(name).certificate"))
            let key = string(forKey: ConfigKey("tls.\(name).key"))
            let authorities = string(forKey: ConfigKey("tls.\(name).clientAuthorities"))
            switch (certificate, key) {
            case (let certificate?, let key?):
                settings[name] = TLSSettings(certificate: certificate, key: key, clientAuthorities: authorities)
            case (nil, nil) where authorities == nil: continue
            default: throw ConfigurationError("tls.\(name) needs both certificate and key")
            }
        }
        return settings
    }
}
