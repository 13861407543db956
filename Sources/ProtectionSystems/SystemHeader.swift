public import ContentKeys

/// What one protection system is told of the keys of a track: the contents of a `pssh` box (ISO/IEC 23001-7, 8.1).
///
/// Holds and reads nothing of the file around it, so that the key service, which parses no media, can use it.
public struct SystemHeader: Sendable, Hashable {
    /// The most bytes that a box may have here. The largest known ones are PlayReady's, of 15 KiB.
    public static let maximumSize = 64 << 10
    /// The most boxes in one initialisation data.
    static let maximumCount = 32
    private static let type = Array("pssh".utf8)

    /// 16 bytes in textual order; see `system`.
    public var systemID: [UInt8]
    /// With KIDs the box is of version 1.
    public var keyIDs: [KeyID]
    /// The system's own; empty for the common system of W3C.
    public var data: [UInt8]

    public init(_ system: ProtectionSystemID, keyIDs: [KeyID] = [], data: [UInt8] = []) {
        systemID = system.bytes
        self.keyIDs = keyIDs
        self.data = data
    }

    /// The system; nil for one that is not known here.
    public var system: ProtectionSystemID? { ProtectionSystemID(bytes: systemID) }

    /// The whole box.
    public var box: [UInt8] {
        var output = Self.type
        output += [keyIDs.isEmpty ? 0 : 1, 0, 0, 0] + systemID
        if !keyIDs.isEmpty {
            output += UInt32(clamping: keyIDs.count).bigEndianBytes + keyIDs.flatMap(\.bytes)
        }
        output += UInt32(clamping: data.count).bigEndianBytes + data
        return UInt32(clamping: output.count + 4).bigEndianBytes + output
    }

    /// Reads initialisation data of type "cenc": `pssh` boxes, one after the other ("cenc" Initialization Data Format,
    /// section 3).
    ///
    /// - Throws: for anything else, more than 64 KiB or 32 boxes.
    public static func headers(in bytes: [UInt8]) throws(ProtectionSystemError) -> [SystemHeader] {
        guard bytes.count <= maximumSize else { throw ProtectionSystemError(.pssh, "more than 64 KiB") }
        var input = ByteCursor(bytes, .pssh)
        var headers: [SystemHeader] = []
        while !input.isAtEnd {
            guard headers.count < maximumCount else { throw ProtectionSystemError(.pssh, "too many boxes") }
            headers.append(try SystemHeader(reading: &input))
        }
        return headers
    }

    private init(reading input: inout ByteCursor) throws(ProtectionSystemError) {
        let size = Int(try input.unsigned(bytes: 4))
        guard size >= 8 else { throw ProtectionSystemError(.pssh, "a box's size is below 8") }
        var box = ByteCursor(Array(try input.take(size - 4)), .pssh)
        guard Array(try box.take(4)) == Self.type else { throw ProtectionSystemError(.pssh, "a box is not a pssh") }
        let version = try box.unsigned(bytes: 1)
        _ = try box.take(3)
        guard version <= 1 else { throw ProtectionSystemError(.pssh, "the version is above 1") }
        systemID = Array(try box.take(16))
        keyIDs = []
        if version == 1 {
            let count = Int(try box.unsigned(bytes: 4))
            guard count <= box.remaining / 16 else { throw ProtectionSystemError(.pssh, "more KIDs than bytes") }
            for _ in 0..<count {
                guard let keyID = KeyID(bytes: try box.take(16)) else { continue }
                keyIDs.append(keyID)
            }
        }
        data = Array(try box.take(Int(try box.unsigned(bytes: 4))))
        guard box.isAtEnd else { throw ProtectionSystemError(.pssh, "there are bytes behind the data") }
    }
}

extension SystemHeader {
    /// The common system of W3C: a `pssh` that lists KIDs and has no data of its own ("cenc" Initialization Data Format,
    /// section 4). Any key system that knows the format can ask for the keys; ClearKey in browsers does.
    public static func common(keyIDs: [KeyID]) -> SystemHeader {
        SystemHeader(.common, keyIDs: keyIDs)
    }

    /// Widevine's: version 0, the KIDs are in the data, which is how every Widevine client reads it.
    public static func widevine(_ header: WidevineHeader) -> SystemHeader {
        SystemHeader(.widevine, data: header.serialized())
    }

    /// PlayReady's: version 0 with a PlayReady Object.
    public static func playReady(_ object: PlayReadyObject) -> SystemHeader {
        SystemHeader(.playReady, data: object.serialized())
    }
}
