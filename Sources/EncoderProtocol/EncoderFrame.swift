/// One frame of the stream that the encoder child writes on its standard output: its only way out.
///
/// On the wire: kind (1 byte), track (1 byte), two zero bytes, length of the payload (`UInt32`, little-endian), payload.
public struct EncoderFrame: Sendable, Hashable {
    public enum Kind: UInt8, Sendable {
        /// JSON of an `EncoderEvent`.
        case event = 1
        /// The next bytes of a track's file.
        case media = 2
        /// The next bytes of a track's index.
        case index = 3
        /// A track's file and index are complete. No payload.
        case trackEnd = 4
    }

    /// Longest payload, in bytes.
    public static let maximumPayload = 1 << 20
    /// Most tracks.
    public static let maximumTracks = 32
    static let headerSize = 8

    public var kind: Kind
    /// Counts from 0; 0 for events.
    public var track: Int
    public var payload: [UInt8]

    public init(_ kind: Kind, track: Int = 0, payload: [UInt8] = []) {
        self.kind = kind
        self.track = track
        self.payload = payload
    }

    /// The header of a frame with such a payload.
    public static func header(_ kind: Kind, track: Int, payloadSize: Int) -> [UInt8] {
        let length = UInt32(clamping: payloadSize)
        return [kind.rawValue, UInt8(clamping: track), 0, 0]
            + [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: length >> $0) }
    }
}

/// Why a stream is not one of the encoder's.
public struct EncoderFrameError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Takes a stream apart as it arrives. Holds at most one frame and one read. Owned by one task.
public struct EncoderFrameReader {
    private var buffer: [UInt8] = []
    private var position = 0

    public init() {}

    /// Bytes that arrived and are not part of a complete frame yet.
    public var pendingCount: Int { buffer.count - position }

    public mutating func append(_ bytes: some Collection<UInt8>) {
        if position > 0 {
            buffer.removeFirst(position)
            position = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next complete frame; nil until more bytes arrive.
    ///
    /// - Throws: `EncoderFrameError` for what cannot be a frame. The stream is of no use after that.
    public mutating func next() throws(EncoderFrameError) -> EncoderFrame? {
        guard pendingCount >= EncoderFrame.headerSize else { return nil }
        let header = buffer[position..<(position + EncoderFrame.headerSize)]
        let fields = Array(header)
        guard let kind = EncoderFrame.Kind(rawValue: fields[0]), fields[2] == 0, fields[3] == 0 else {
            throw EncoderFrameError("the encoder sent something that is not a frame")
        }
        guard Int(fields[1]) < EncoderFrame.maximumTracks else {
            throw EncoderFrameError("the encoder sent a frame of track \(fields[1])")
        }
        let length = fields[4...].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= EncoderFrame.maximumPayload else {
            throw EncoderFrameError("the encoder sent a frame of \(length) bytes")
        }
        guard pendingCount >= EncoderFrame.headerSize + length else { return nil }
        let start = position + EncoderFrame.headerSize
        position = start + length
        return EncoderFrame(kind, track: Int(fields[1]), payload: Array(buffer[start..<position]))
    }
}
