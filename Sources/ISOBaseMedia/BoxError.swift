public import MediaModel

/// Why bytes were refused as boxes: what is wrong, in which box, at which byte.
public struct BoxError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Reason: Sendable, Hashable {
        /// A field or an entry would lie beyond the end of its box, or a box beyond the end of its parent.
        case truncated
        /// A box says that it is smaller than its own header.
        case sizeTooSmall
        /// Bytes follow the last field of a box.
        case trailingBytes(Int)
        case unknownVersion(UInt8)
        /// Boxes are nested deeper than the limits allow.
        case tooDeep
        /// There are more boxes or samples than the limits allow.
        case tooMany(String)
        /// A field has a value that contradicts the standard or another field.
        case invalid(String)
    }

    public var reason: Reason
    /// Offset from the start of what is parsed, in bytes.
    public var offset: Int
    /// The boxes around the place, outermost first.
    public var path: [FourCC] = []

    /// - Parameter offset: where, in bytes from the start of what is parsed; 0 for what is yet to be written.
    public init(_ reason: Reason, at offset: Int = 0) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String {
        let place = path.isEmpty ? "" : path.map(\.description).joined(separator: "/") + ": "
        return "\(place)\(reasonText) (at byte \(offset))"
    }

    private var reasonText: String {
        switch reason {
        case .truncated: "it ends too early"
        case .sizeTooSmall: "its size is smaller than its header"
        case .trailingBytes(let count): "\(count) bytes follow its last field"
        case .unknownVersion(let version): "version \(version) is unknown"
        case .tooDeep: "boxes are nested too deeply"
        case .tooMany(let what): "it has too many \(what)"
        case .invalid(let what): what
        }
    }
}
