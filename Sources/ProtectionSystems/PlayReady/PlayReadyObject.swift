/// A PlayReady Object (PlayReady Header Specification, section 2): what its `pssh` has as data, and what `mspr:pro` and
/// HLS have in base64. Little-endian throughout.
public struct PlayReadyObject: Sendable, Hashable {
    /// The most bytes that the specification recommends.
    public static let maximumSize = 15 << 10

    private enum RecordType {
        static let rightsManagementHeader: UInt32 = 1
    }

    public let header: PlayReadyHeader

    /// - Throws: when the header is too long for one.
    public init(_ header: PlayReadyHeader) throws(ProtectionSystemError) {
        self.header = header
        guard Self.text(header).count + 10 <= Self.maximumSize else {
            throw ProtectionSystemError(.playReadyObject, "more than 15 KiB")
        }
    }

    /// Its length, one record: the header in UTF-16.
    public func serialized() -> [UInt8] {
        let text = Self.text(header)
        return UInt32(clamping: text.count + 10).littleEndianBytes + UInt16(1).littleEndianBytes
            + UInt16(RecordType.rightsManagementHeader).littleEndianBytes
            + UInt16(clamping: text.count).littleEndianBytes + text
    }

    /// Reads an object; records of other types, such as embedded licences, are passed over.
    ///
    /// - Throws: for anything that is not one, has no header or more than one.
    public init(parsing bytes: [UInt8]) throws(ProtectionSystemError) {
        guard bytes.count <= Self.maximumSize else {
            throw ProtectionSystemError(.playReadyObject, "more than 15 KiB")
        }
        var input = ByteCursor(bytes, .playReadyObject)
        guard Int(try input.littleEndian(bytes: 4)) == bytes.count else {
            throw ProtectionSystemError(.playReadyObject, "its length is not what it says")
        }
        var header: PlayReadyHeader?
        for _ in 0..<(try input.littleEndian(bytes: 2)) {
            let type = try input.littleEndian(bytes: 2)
            let value = try input.take(Int(try input.littleEndian(bytes: 2)))
            guard type == RecordType.rightsManagementHeader else { continue }
            guard header == nil else { throw ProtectionSystemError(.playReadyObject, "there are two headers") }
            header = try PlayReadyHeader(parsing: try Self.text(value))
        }
        guard input.isAtEnd else { throw ProtectionSystemError(.playReadyObject, "there are bytes behind its records") }
        guard let header else { throw ProtectionSystemError(.playReadyObject, "there is no header") }
        self.header = header
    }

    private static func text(_ header: PlayReadyHeader) -> [UInt8] {
        header.xml.utf16.flatMap(\.littleEndianBytes)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) throws(ProtectionSystemError) -> String {
        guard bytes.count.isMultiple(of: 2) else {
            throw ProtectionSystemError(.playReadyObject, "the header is not in UTF-16")
        }
        let bytes = Array(bytes)
        let units = stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
        guard let text = String(validating: units, as: UTF16.self) else {
            throw ProtectionSystemError(.playReadyObject, "the header is not in UTF-16")
        }
        return text
    }
}
