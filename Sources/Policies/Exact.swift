import Foundation

/// Compares texts of policies and tokens as their standards do (RFC 8259, 8.3; RFC 7519, 7.3): code unit by code unit.
/// `==` of `String` also takes texts that Unicode calls canonically equivalent, as é in one scalar and in two, and the sign
/// of the unit kelvin for the letter K: to everybody else those are two issuers, two subjects, two secrets.
extension String {
    public func isExactly(_ other: String) -> Bool {
        let isSame = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in
                guard left.count == right.count else { return false }
                guard let first = left.baseAddress, let second = right.baseAddress, first != second else { return true }
                return memcmp(first, second, left.count) == 0
            } ?? nil
        }
        return isSame.flatMap { $0 } ?? utf8.elementsEqual(other.utf8)
    }

    public func hashExactly(into hasher: inout Hasher) {
        var text = self
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // No byte of UTF-8: where the text ends counts, too.
        hasher.combine(UInt8.max)
    }
}

/// What `Exact` can hold: texts, and what is made of them.
public protocol ExactlyComparable: Sendable {
    /// Whether both are written with the same bytes.
    func isExactly(_ other: Self) -> Bool
    func hashExactly(into hasher: inout Hasher)
}

extension String: ExactlyComparable {}

extension Optional: ExactlyComparable where Wrapped: ExactlyComparable {
    public func isExactly(_ other: Self) -> Bool {
        switch (self, other) {
        case (let left?, let right?): left.isExactly(right)
        case (nil, nil): true
        case (nil, _?), (_?, nil): false
        }
    }

    public func hashExactly(into hasher: inout Hasher) {
        hasher.combine(self != nil)
        self?.hashExactly(into: &hasher)
    }
}

extension Array: ExactlyComparable where Element: ExactlyComparable {
    public func isExactly(_ other: Self) -> Bool {
        count == other.count && zip(self, other).allSatisfy { $0.isExactly($1) }
    }

    public func hashExactly(into hasher: inout Hasher) {
        hasher.combine(count)
        for element in self { element.hashExactly(into: &hasher) }
    }
}

extension Dictionary: ExactlyComparable where Key == String, Value: ExactlyComparable {
    public func isExactly(_ other: Self) -> Bool {
        count == other.count
            && allSatisfy { key, value in
                guard let position = other.index(forKey: key) else { return false }
                return other[position].key.isExactly(key) && other[position].value.isExactly(value)
            }
    }

    public func hashExactly(into hasher: inout Hasher) {
        hasher.combine(count)
    }
}

/// A text, or texts, of which only the very same bytes are equal. Marks each stored text by which something is decided, so
/// that the equality of what holds it, its place in a set and its memory are exact; and is the key of a table by name.
@propertyWrapper
public struct Exact<Value: ExactlyComparable>: Sendable, Hashable {
    public var wrappedValue: Value

    public init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
    }

    public init(_ value: Value) {
        wrappedValue = value
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.wrappedValue.isExactly(right.wrappedValue)
    }

    public func hash(into hasher: inout Hasher) {
        wrappedValue.hashExactly(into: &hasher)
    }
}

/// Written as the value alone.
extension Exact: Codable where Value: Codable {
    public init(from decoder: any Decoder) throws {
        wrappedValue = try decoder.singleValueContainer().decode(Value.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}
