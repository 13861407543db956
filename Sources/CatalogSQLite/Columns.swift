import Catalog
import ContentKeys
import Foundation
import GRDB

/// How values stand in columns.
enum Column {
    /// JSON with sorted members, so that equal documents are equal texts.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ type: Value.Type, json: String) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(json.utf8))
        } catch {
            throw CatalogError(.corrupt, "a stored \(type) is not readable")
        }
    }

    static func blob(_ keyID: KeyID) -> Data { Data(keyID.bytes) }

    static func keyID(_ blob: Data) throws -> KeyID {
        guard let keyID = KeyID(bytes: blob) else { throw CatalogError(.corrupt, "a stored KID is not 16 bytes") }
        return keyID
    }

    static func date(_ seconds: Double) -> Date { Date(timeIntervalSince1970: seconds) }

    /// An unsigned number that SQLite keeps as its bit pattern.
    static func unsigned(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }
    static func signed(_ value: UInt64) -> Int64 { Int64(bitPattern: value) }

    /// A stored word of a closed set.
    static func word<Value: RawRepresentable>(_ type: Value.Type, _ text: String) throws -> Value
    where Value.RawValue == String {
        guard let value = Value(rawValue: text) else {
            throw CatalogError(.corrupt, "a stored \(type) is '\(text)', which this version does not know")
        }
        return value
    }
}
