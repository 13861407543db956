/// The size, rate and colour of a video track.
public struct VideoFormat: Sendable, Hashable, Codable {
    /// Coded size after cropping, in pixels.
    public var width: Int
    public var height: Int
    /// Frames per second as a fraction: `frameRateNumerator / frameRateDenominator`.
    public var frameRateNumerator: Int
    public var frameRateDenominator: Int
    /// Nil when neither the sample entry nor the coded video says it.
    public var colour: VideoColour?
    /// Bits of a luma sample; nil when unknown.
    public var bitDepth: Int?
    /// The shape of a pixel; nil for square ones.
    public var pixelShape: PixelShape?
    /// How far pictures are turned clockwise when they are shown, in degrees: 90, 180 or 270; nil: not at all.
    public var rotation: Int?

    public init(
        width: Int, height: Int, frameRateNumerator: Int, frameRateDenominator: Int, colour: VideoColour? = nil,
        bitDepth: Int? = nil, pixelShape: PixelShape? = nil, rotation: Int? = nil
    ) {
        self.width = width
        self.height = height
        self.frameRateNumerator = frameRateNumerator
        self.frameRateDenominator = frameRateDenominator
        self.colour = colour
        self.bitDepth = bitDepth
        self.pixelShape = pixelShape
        self.rotation = rotation
    }

    var defect: String? {
        if let bitDepth, !(1...16).contains(bitDepth) { return "bit depth is out of range" }
        if let shape = pixelShape, shape.horizontal == 0 || shape.vertical == 0 { return "pixels have no shape" }
        if let rotation, ![90, 180, 270].contains(rotation) { return "rotation is not a quarter of a turn" }
        return nil
    }
}

/// Width and height of a pixel in any common unit (ISO/IEC 14496-12, 12.1.4).
public struct PixelShape: Sendable, Hashable, Codable {
    public var horizontal: UInt32
    public var vertical: UInt32

    public init(horizontal: UInt32, vertical: UInt32) {
        self.horizontal = horizontal
        self.vertical = vertical
    }
}

/// What the colours of a video track mean: code points of ISO/IEC 23091-2 (CICP).
public struct VideoColour: Sendable, Hashable, Codable {
    /// ColourPrimaries: 1 is BT.709, 9 is BT.2020.
    public var primaries: UInt16
    /// TransferCharacteristics: 1 is BT.709, 16 is PQ (SMPTE ST 2084), 18 is HLG (BT.2100).
    public var transfer: UInt16
    /// MatrixCoefficients.
    public var matrix: UInt16
    public var isFullRange: Bool

    public init(primaries: UInt16, transfer: UInt16, matrix: UInt16, isFullRange: Bool) {
        self.primaries = primaries
        self.transfer = transfer
        self.matrix = matrix
        self.isFullRange = isFullRange
    }

    /// Everything said to be unspecified.
    public static let unspecified = VideoColour(primaries: 2, transfer: 2, matrix: 2, isFullRange: false)

    /// How much light the transfer characteristics span.
    public var range: VideoRange {
        switch transfer {
        case 16: .pq
        case 18: .hlg
        default: .sdr
        }
    }
}

/// The dynamic range of a video track, in the words of HLS (rfc8216bis, 4.4.6.2, VIDEO-RANGE).
public enum VideoRange: String, Sendable, Hashable, CaseIterable {
    case sdr = "SDR"
    case hlg = "HLG"
    case pq = "PQ"
}
