import Catalog
import Foundation

/// Stores a named secret, wrapped under the KEK.
public struct SetSecret: OperatorVerb {
    public var name: String
    /// Text, taken byte for byte, or `hex:…` or `base64:…`.
    public var value: String
    public var ifMatch: String?
    public var ifNoneMatch: String?

    public init(name: String, value: String, ifMatch: String? = nil, ifNoneMatch: String? = nil) {
        self.name = name
        self.value = value
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
    }

    public struct Report: TaggedReport {
        public var name: String
        public var bytes: Int
        public var entityTag: String?
        public var isCreated: Bool = false

        private enum CodingKeys: String, CodingKey {
            case name, bytes
        }
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard AssetRecord.isName(name) else {
            throw OperatorError(
                .invalid, "\(name.quoted) is not a name: letters, digits, '.', '_' and '-', at most 128")
        }
        let secret = try FieldChecks.about("/value") { try SecretValue(Array(value.utf8)) }
        let stored = try await context.catalog.secret(named: name)
        let precondition = Precondition(ifMatch: ifMatch, ifNoneMatch: ifNoneMatch)
        try precondition.check(stored.map(Self.tag), of: "secret '\(name)'")
        let record = try await context.makeSecret(name, secret.bytes)
        var changes: [CatalogChange] = [.putSecret(record), .audit(context.event(.secretSet, detail: name))]
        if !precondition.isEmpty { changes.insert(.require(.secret(name: name, stored)), at: 0) }
        try await context.catalog.apply(changes)
        return Report(
            name: name, bytes: secret.bytes.count, entityTag: Self.tag(record), isCreated: stored == nil)
    }

    /// Of what is stored: two secrets of one value have different tags, so that a tag tells nothing of the value.
    private static func tag(_ record: SecretRecord) -> String {
        EntityTag.of(bytes: record.ciphertext)
    }
}

/// The bytes of a secret, decoded when it says `hex:` or `base64:`.
public struct SecretValue: Sendable {
    /// Longest secret, in bytes.
    public static let maximum = 64 << 10

    public let bytes: [UInt8]

    /// - Throws: `OperatorError`, which does not show the value.
    public init(_ raw: [UInt8]) throws {
        let text = String(decoding: raw, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if text.hasPrefix("hex:") {
            bytes = try Self.hexadecimal(Array(text.dropFirst(4).utf8))
        } else if text.hasPrefix("base64:") {
            guard let data = Data(base64Encoded: String(text.dropFirst(7))) else {
                throw OperatorError(.invalid, "the value after base64: is not base64")
            }
            bytes = Array(data)
        } else {
            bytes = raw
        }
        guard !bytes.isEmpty else {
            throw OperatorError(.invalid, "the value is empty; give it on standard input or with --from-file")
        }
        guard bytes.count <= Self.maximum else { throw OperatorError(.invalid, "the value is longer than 64 KiB") }
    }

    private static func hexadecimal(_ digits: [UInt8]) throws -> [UInt8] {
        guard digits.count % 2 == 0 else { throw OperatorError(.invalid, "the value after hex: has an odd length") }
        return try stride(from: 0, to: digits.count, by: 2).map { position in
            let pair = String(decoding: digits[position...(position + 1)], as: UTF8.self)
            guard pair.allSatisfy(\.isHexDigit), let byte = UInt8(pair, radix: 16) else {
                throw OperatorError(.invalid, "the value after hex: is not hexadecimal")
            }
            return byte
        }
    }
}
