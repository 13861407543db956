/// How pictures are turned when they are shown: the matrix of `tkhd` (ISO/IEC 14496-12, 8.3.2 and 6.2.2).
public struct TransformationMatrix: Sendable, Hashable {
    /// a, b, u, c, d, v, x, y, w: 16.16 fixed point, but 2.30 for u, v and w.
    public var values: [Int32]

    /// Nothing is turned.
    public static let identity = TransformationMatrix(turned: 0, width: 0, height: 0)

    /// Turns clockwise about the origin and moves the picture back to it.
    ///
    /// - Parameters:
    ///   - degrees: 0, 90, 180 or 270; anything else turns nothing.
    ///   - width: of the picture before it is turned, as 16.16 fixed point.
    ///   - height: likewise.
    public init(turned degrees: Int, width: UInt32, height: UInt32) {
        let one: Int32 = 1 << 16
        let (width, height) = (Int32(clamping: width), Int32(clamping: height))
        let (a, b, c, d, x, y): (Int32, Int32, Int32, Int32, Int32, Int32) =
            switch degrees {
            case 90: (0, one, -one, 0, height, 0)
            case 180: (-one, 0, 0, -one, width, height)
            case 270: (0, -one, one, 0, 0, width)
            default: (one, 0, 0, one, 0, 0)
            }
        values = [a, b, 0, c, d, 0, x, y, 1 << 30]
    }

    init(reading input: inout ByteInput) throws(BoxError) {
        values = []
        for _ in 0..<9 { values.append(try input.int32()) }
    }

    func write(to output: inout ByteOutput) {
        for value in values.prefix(9) { output.int32(value) }
    }

    /// Clockwise in degrees; nil when the matrix does anything else than turn by a multiple of 90.
    public var degrees: Int? {
        guard values.count == 9, values[2] == 0, values[5] == 0 else { return nil }
        return [0, 90, 180, 270].first { degrees in
            let turn = TransformationMatrix(turned: degrees, width: 0, height: 0)
            return [0, 1, 3, 4].allSatisfy { turn.values[$0] == values[$0] }
        }
    }
}
