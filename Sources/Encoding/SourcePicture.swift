import CFFmpeg
import EncoderProtocol
import TrackOutput

/// What is known of a source's pictures before one was decoded.
struct SourcePicture: Hashable {
    /// Upright and with square pixels.
    var width: Int
    var height: Int
    var frameRate: Rational
    /// Of the video, in bits per second; nil when unknown.
    var bitrate: Int?
    /// Bits of a luma sample.
    var bitDepth: Int
    /// More light than BT.709 has: PQ or HLG.
    var isHighDynamicRange: Bool
    /// Degrees clockwise that a picture must be turned: 0, 90, 180 or 270.
    var rotation: Int
    /// The container or the codec says that frames are made of two fields.
    var isInterlaced: Bool
    /// The rate is not the same from frame to frame.
    var isVariableRate: Bool

    static func bitDepth(_ format: AVPixelFormat) -> Int {
        guard let descriptor = av_pix_fmt_desc_get(format) else { return 8 }
        return max(8, Int(descriptor.pointee.comp.0.depth))
    }
}

extension SourcePicture {
    /// - Throws: `EncodingFailure` for sizes that are none, or too large.
    init(_ input: InputFile, video: Int, _ decoder: Decoder) throws {
        let stream = try input.streamPointer(video)
        let coded = (Int(decoder.context.pointee.width), Int(decoder.context.pointee.height))
        guard coded.0 >= 16, coded.1 >= 16 else {
            throw EncodingFailure(.damaged, "its pictures are \(coded.0)x\(coded.1)")
        }
        try InputFile.refuseHugePicture(coded.0, coded.1)
        var aspect = av_guess_sample_aspect_ratio(input.context, stream, nil)
        if aspect.num <= 0 || aspect.den <= 0 { aspect = AVRational(num: 1, den: 1) }
        let scale = min(max(av_q2d(aspect), 0.1), 10)
        // Pixels that are not square: the side that is too long is made shorter, so that nothing is enlarged twice.
        var size = (Double(coded.0), Double(coded.1))
        if scale > 1 { size.1 /= scale }
        if scale < 1 { size.0 *= scale }
        rotation = Int(keyway_rotation(stream))
        let isTurned = rotation % 180 != 0
        width = max(2, Int((isTurned ? size.1 : size.0).rounded()))
        height = max(2, Int((isTurned ? size.0 : size.1).rounded()))
        guard let parameters = stream.pointee.codecpar else {
            throw EncodingFailure(.damaged, "the video has no parameters")
        }
        let own = parameters.pointee.bit_rate
        let whole = input.context.pointee.bit_rate
        bitrate = own > 0 ? Int(own) : whole > 0 ? Int(whole) : nil
        bitDepth = Self.bitDepth(AVPixelFormat(rawValue: parameters.pointee.format))
        isHighDynamicRange = [AVCOL_TRC_SMPTE2084, AVCOL_TRC_ARIB_STD_B67].contains(parameters.pointee.color_trc)
        isInterlaced = [AV_FIELD_TT, AV_FIELD_BB, AV_FIELD_TB, AV_FIELD_BT].contains(parameters.pointee.field_order)
        let (average, most) = (stream.pointee.averageRate, stream.pointee.finestRate)
        isVariableRate = Rational.isVariable(average: average, finest: most)
        frameRate = .frameRate(average: average, finest: most)
    }
}

extension AVStream {
    /// Frames per second as the container counts them.
    var averageRate: Rational? { rational(avg_frame_rate) ?? rational(r_frame_rate) }

    /// The rate in whose steps all times can be told.
    var finestRate: Rational? { rational(r_frame_rate) }

    private func rational(_ rate: AVRational) -> Rational? {
        rate.num > 0 && rate.den > 0 ? Rational(Int(rate.num), Int(rate.den)) : nil
    }
}
