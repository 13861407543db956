/// One condition of an option. A kind that this version does not know denies.
public enum Restriction: Sendable, Hashable {
    /// Always holds.
    case open
    case ip(AddressRestriction)
    case token(TokenRestriction)
    /// A kind written by a newer version: never holds.
    case unknown(kind: String)
}

extension Restriction: Codable {
    private struct Kind: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) {
            nil
        }

        static let open = Kind(stringValue: "open")
        static let ip = Kind(stringValue: "ip")
        static let token = Kind(stringValue: "token")
    }

    /// An object with one member, whose name is the kind: `{"open":{}}`, `{"ip":{…}}`, `{"token":{…}}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Kind.self)
        guard let kind = container.allKeys.first, container.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "a restriction has exactly one kind"))
        }
        switch kind.stringValue {
        case Kind.open.stringValue: self = .open
        case Kind.ip.stringValue: self = .ip(try container.decode(AddressRestriction.self, forKey: .ip))
        case Kind.token.stringValue: self = .token(try container.decode(TokenRestriction.self, forKey: .token))
        default: self = .unknown(kind: kind.stringValue)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Kind.self)
        switch self {
        case .open: try container.encode([String: String](), forKey: .open)
        case .ip(let addresses): try container.encode(addresses, forKey: .ip)
        case .token(let token): try container.encode(token, forKey: .token)
        case .unknown(let kind): try container.encode([String: String](), forKey: Kind(stringValue: kind))
        }
    }
}
