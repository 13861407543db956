import CFFmpeg

/// Which frames of the film become still pictures, and in what size.
struct StillOutput: Hashable {
    /// In pixels, both even.
    var width: Int
    var height: Int
    /// One of so many frames of the film; the first is the film's first.
    var step: Int
    /// A frame besides; nil for none.
    var only: Int?

    /// From frames of the film to pictures for JPEG: in its matrix (BT.601), with all values of a byte.
    ///
    /// - Parameter before: how many frames of the film lie before this part.
    func filters(
        _ frame: UnsafeMutablePointer<AVFrame>, _ source: SourcePicture, before: Int, pads: Bool
    ) throws -> String {
        let number = "(n+\(before))"
        let chosen = only.map { "eq(\(number)\\,0)+eq(\(number)\\,\($0))" } ?? "not(mod(\(number)\\,\(step)))"
        var text = "select='\(chosen)',"
        // What says nothing of its colours has those of its size, as players take it.
        let isHigh = frame.pointee.height > 576
        var matrix = frame.pointee.colorspace == AVCOL_SPC_UNSPECIFIED && isHigh ? "bt709" : "auto"
        if source.isHighDynamicRange {
            let output = PictureOutput(width: width, height: height, isTenBit: false, isStandardRange: true)
            text += try PictureFilters.toneMapping(output, frame) + ","
            matrix = "bt709"
        }
        let colours = "in_color_matrix=\(matrix):out_color_matrix=bt601:out_range=pc"
        let size = "\(width):\(height)"
        guard pads else { return text + "scale=\(size):flags=area:\(colours),setsar=1,format=yuvj420p" }
        return text
            + "scale=trunc(iw*sar/2)*2:ih,setsar=1,scale=\(size):flags=area:\(colours):force_original_aspect_ratio=decrease,"
            + "pad=\(size):(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuvj420p"
    }
}
