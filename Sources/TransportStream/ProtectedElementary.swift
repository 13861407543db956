import Glibc

/// A part of an elementary stream that SAMPLE-AES encrypts by itself (MPEG-2 Stream Encryption Format for HTTP Live
/// Streaming, section 2): each begins with the IV anew.
public enum ProtectedUnit: Sendable, Hashable {
    /// A NAL unit of a slice, from its first byte, before emulation prevention is put into what was encrypted.
    case slice
    /// An audio frame: behind the header of ADTS, or a whole syncframe of AC-3 or E-AC-3.
    case frame
}

/// Encrypts a unit in place.
public typealias UnitEncryption = (UnsafeMutableRawBufferPointer, ProtectedUnit) throws -> Void

/// The elementary stream of a PES packet's samples, encrypted.
struct ProtectedElementary {
    private let stream: ElementaryStream
    private let encrypt: UnitEncryption
    private(set) var bytes: [UInt8] = []

    init(_ stream: ElementaryStream, encrypt: @escaping UnitEncryption) {
        self.stream = stream
        self.encrypt = encrypt
    }

    mutating func append(_ sample: ArraySlice<UInt8>, prefix: [UInt8]) throws {
        bytes += prefix
        switch stream {
        case .avc: try appendPicture(sample)
        case .aac, .ac3: try appendFrame(sample)
        case .eac3: try appendSyncframes(sample)
        }
    }

    private mutating func appendPicture(_ sample: ArraySlice<UInt8>) throws {
        var rest = sample
        while !rest.isEmpty {
            guard rest.count > 4 else { throw Self.damaged("a sample ends inside a NAL unit's length") }
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard length > 0, length <= rest.count else {
                throw Self.damaged("a NAL unit of \(length) bytes where \(rest.count) bytes of the sample are left")
            }
            bytes += [0, 0, 0, 1]
            try appendUnit(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
    }

    /// Slices of more than 48 bytes are encrypted (2.3.1); all other NAL units stay as they are.
    private mutating func appendUnit(_ unit: ArraySlice<UInt8>) throws {
        let type = (unit.first ?? 0) & 0x1F
        guard type == 1 || type == 5, unit.count > 48 else {
            bytes += unit
            return
        }
        var unit = Array(unit)
        try unit.withUnsafeMutableBytes { try encrypt($0, .slice) }
        unit.withUnsafeBytes { appendWithEmulationPrevention($0) }
    }

    /// What was encrypted may look like a start code: the whole unit is escaped once more, and a player takes that away
    /// before it decrypts (2.3.2).
    private mutating func appendWithEmulationPrevention(_ unit: UnsafeRawBufferPointer) {
        bytes.reserveCapacity(bytes.count + unit.count + unit.count / 64)
        var copied = 0
        var position = 0
        while let zero = unit.firstZero(from: position), zero + 2 < unit.count {
            position = zero + 1
            guard unit[zero + 1] == 0, unit[zero + 2] <= 3 else { continue }
            bytes.append(contentsOf: unit[copied..<(zero + 2)])
            bytes.append(3)
            copied = zero + 2
            position = copied
        }
        bytes.append(contentsOf: unit[copied...])
    }

    private mutating func appendFrame(_ frame: ArraySlice<UInt8>) throws {
        let start = bytes.count
        bytes += frame
        try bytes.withUnsafeMutableBytes {
            try encrypt(UnsafeMutableRawBufferPointer(rebasing: $0[start...]), .frame)
        }
    }

    /// A sample of E-AC-3 has the syncframes of all substreams, each of a length that it says (ETSI TS 102 366, E.1.3.1.3).
    private mutating func appendSyncframes(_ sample: ArraySlice<UInt8>) throws {
        var rest = sample
        while !rest.isEmpty {
            let header = Array(rest.prefix(4))
            guard header.count == 4, header[0] == 0x0B, header[1] == 0x77 else {
                throw Self.damaged("a syncframe does not begin with its sync word")
            }
            let size = ((Int(header[2] & 7) << 8 | Int(header[3])) + 1) * 2
            guard size <= rest.count else { throw Self.damaged("a syncframe is longer than its sample") }
            try appendFrame(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
    }

    private static func damaged(_ reason: String) -> TransportStreamError {
        TransportStreamError(.damagedSample, reason)
    }
}

extension UnsafeRawBufferPointer {
    /// The place of the first byte that is zero, from a place within the bytes or at their end.
    fileprivate func firstZero(from position: Int) -> Int? {
        guard let baseAddress, let found = memchr(baseAddress + position, 0, count - position) else { return nil }
        return UnsafeRawPointer(found) - baseAddress
    }
}
