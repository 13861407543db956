package import Configuration
package import Foundation
public import Policies

/// The files of a listener's TLS, as configured.
public struct TLSSettings: Sendable, Hashable {
    public var certificate: String
    public var key: String
    /// The authorities of clients' certificates; nil when none is asked for.
    public var clientAuthorities: String?
}

/// How the service's own log is written, on standard error.
public enum LogForm: String, Sendable, Hashable, CaseIterable {
    case text
    /// A line of JSON for each message.
    case json
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
    /// Keys a second that one origin is given which runs alone.
    public var origin: Int
}

extension LimitSettings {
    package init(_ reader: ConfigReader) throws {
        connections = try reader.positive("limits.connections") ?? 20_000
        address = try reader.positive("limits.address")
        subject = try reader.positive("limits.subject")
        key = try reader.positive("limits.key")
        origin = try reader.positive("limits.origin") ?? 200
    }
}

/// What all listeners of a program have in common, and the TLS of each.
public struct ListenerConfiguration: Sendable, Hashable {
    /// Connections at once on a listener.
    public var connections: Int
    /// The origins that browsers may ask from; `*` for any.
    public var corsOrigins: [String]
    /// The proxies whose word on the client's address is taken.
    public var trustedProxies: [AddressBlock]
    /// The listeners, by name, whose connections start with a PROXY protocol header.
    public var proxyProtocol: Set<String>
    /// TLS by the listener's name.
    public var tls: [String: TLSSettings]

    package init(
        connections: Int, corsOrigins: [String], trustedProxies: [AddressBlock], proxyProtocol: Set<String>,
        tls: [String: TLSSettings]
    ) {
        self.connections = connections
        self.corsOrigins = corsOrigins
        self.trustedProxies = trustedProxies
        self.proxyProtocol = proxyProtocol
        self.tls = tls
    }
}

extension ConfigReader {
    /// The elements of a list; nil when the field is not there.
    package func list(_ field: String) -> [String]? {
        string(forKey: ConfigKey(field)).map { text in
            text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
    }

    /// A whole number above zero; nil when the field is not there.
    package func positive(_ field: String) throws -> Int? {
        guard let text = string(forKey: ConfigKey(field)) else { return nil }
        guard let number = Int(text), number > 0 else {
            throw ConfigurationError("\(field) must be a whole number above 0, not '\(text)'")
        }
        return number
    }

    /// A whole number within a range; nil when the field is not there.
    package func number(_ field: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = string(forKey: ConfigKey(field)) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError(
                "\(field) must be a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return number
    }

    /// A duration as `10m` in seconds, within a range; nil when the field is not there.
    package func duration(_ field: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = string(forKey: ConfigKey(field)) else { return nil }
        guard let seconds = DurationText.seconds(text), range.contains(seconds) else {
            let (low, high) = (DurationText.text(range.lowerBound), DurationText.text(range.upperBound))
            throw ConfigurationError("\(field) must be a duration from \(low) to \(high), not '\(text)'")
        }
        return seconds
    }

    /// A duration as `90d`, in seconds; nil when the field is not there.
    package func duration(_ field: String) throws -> TimeInterval? {
        guard let text = string(forKey: ConfigKey(field)) else { return nil }
        guard let seconds = DurationText.seconds(text), seconds > 0 else {
            throw ConfigurationError("\(field) must be a duration as 12h or 90d, not '\(text)'")
        }
        return TimeInterval(seconds)
    }

    package func logForm() throws -> LogForm {
        guard let word = string(forKey: "log") else { return .text }
        guard let form = LogForm(rawValue: word) else {
            throw ConfigurationError("log must be text or json, not '\(word)'")
        }
        return form
    }

    package func accessLog() throws -> AccessLogForm {
        guard let word = string(forKey: "accessLog") else { return .off }
        // `off` is a boolean in YAML 1.1.
        guard let form = AccessLogForm(rawValue: word == "false" ? "off" : word) else {
            throw ConfigurationError("accessLog must be off or json, not '\(word)'")
        }
        return form
    }

    package func trustedProxies() throws -> [AddressBlock] {
        try (list("trustedProxies") ?? []).map { text in
            guard let block = AddressBlock(text) else {
                throw ConfigurationError("trustedProxies: '\(text)' is not an address or a block as 10.0.0.0/8")
            }
            return block
        }
    }

    /// An address to listen on; nil when the field is not there and has no default.
    package func listenAddress(_ field: String, default fallback: String?) throws -> ListenAddress? {
        guard let text = string(forKey: ConfigKey(field)) ?? fallback else { return nil }
        guard let address = ListenAddress(text) else {
            throw ConfigurationError("\(field) must be HOST:PORT, not '\(text)'")
        }
        return address
    }

    /// What players reach the key service by; nil when the field is not there.
    package func keysURL() throws -> String? {
        guard let text = string(forKey: "keys.url") else { return nil }
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host != nil,
            !text.hasSuffix("/")
        else {
            throw ConfigurationError("keys.url must be http(s)://HOST without a slash at its end, not '\(text)'")
        }
        return text
    }

    package func proxyProtocol(trusted: [AddressBlock], listeners: [String]) throws -> Set<String> {
        let names = Set(list("proxyProtocol") ?? [])
        if let unknown = names.first(where: { !listeners.contains($0) }) {
            throw ConfigurationError(
                "proxyProtocol: '\(unknown)' is no listener; known are \(listeners.joined(separator: ", "))"
            )
        }
        guard names.isEmpty || !trusted.isEmpty else {
            throw ConfigurationError("proxyProtocol needs trustedProxies: who may say what a client's address is")
        }
        return names
    }

    package func tls(listeners: [String]) throws -> [String: TLSSettings] {
        var settings: [String: TLSSettings] = [:]
        for name in listeners {
            let certificate = string(forKey: ConfigKey("tls.\(name).certificate"))
            let key = string(forKey: ConfigKey("tls.\(name).key"))
            let authorities = string(forKey: ConfigKey("tls.\(name).clientAuthorities"))
            switch (certificate, key) {
            case (let certificate?, let key?):
                settings[name] = TLSSettings(certificate: certificate, key: key, clientAuthorities: authorities)
            case (nil, nil) where authorities == nil: continue
            default:
                throw ConfigurationError(
                    "tls.\(name) needs both certificate and key: tls.\(name).certificate, tls.\(name).key")
            }
        }
        return settings
    }
}
