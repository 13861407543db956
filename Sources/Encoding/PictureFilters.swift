import CFFmpeg
import EncoderProtocol
import TrackOutput

/// What a rendition asks of the pictures that it gets.
struct PictureOutput: Hashable {
    /// In pixels.
    var width: Int
    var height: Int
    var isTenBit: Bool
    /// In BT.709, whatever the source is.
    var isStandardRange: Bool
}

/// From decoded frames to upright, progressive pictures at a constant rate, in the form of each rendition. One graph for
/// all: what is common is done once.
struct PictureFilters {
    var frameRate: Rational
    var outputs: [PictureOutput]
    var deinterlacing: VideoRecipe.Deinterlacing = .auto
    /// Corner, and width as a share of the picture's; its picture is the graph's second source.
    var overlay: (picture: OverlayPicture, corner: EncodingOrder.Overlay.Corner, width: Double)?
    /// Still pictures, behind the outputs of renditions.
    var stills: [StillOutput] = []
    /// Whether a last output has every picture as it is, to be counted.
    var countsPictures = false
    /// Frames of the film before this part.
    var framesBefore = 0
    /// What does not have the shape of the output gets black beside it.
    var pads = false
    /// Pictures before this one, counted at the frame rate, are left out.
    var firstPicture = 0

    func graph(
        _ frame: UnsafeMutablePointer<AVFrame>, _ source: SourcePicture, timeBase: AVRational, threads: Int
    ) throws -> FilterGraph {
        let aspect = frame.pointee.sample_aspect_ratio
        var arguments = "video_size=\(frame.pointee.width)x\(frame.pointee.height):pix_fmt=\(frame.pointee.format)"
        arguments += ":time_base=\(timeBase.num)/\(timeBase.den)"
        if aspect.num > 0, aspect.den > 0 { arguments += ":pixel_aspect=\(aspect.num)/\(aspect.den)" }
        var sources = [arguments]
        if let overlay { sources.append(overlay.picture.sourceArguments) }
        return try FilterGraph(
            .video, sources: sources, sinkCount: outputs.count + stills.count + (countsPictures ? 1 : 0),
            description: try description(frame, source),
            threads: threads)
    }

    /// Whether frames of another size than the first can follow: only scaling adapts itself.
    func takesChanges(_ source: SourcePicture) -> Bool {
        source.rotation == 0 && deinterlacing != .always && !source.isInterlaced && overlay == nil
    }

    private func description(_ frame: UnsafeMutablePointer<AVFrame>, _ source: SourcePicture) throws -> String {
        var filters: [String] = []
        let isInterlaced = frame.pointee.interlaced_frame != 0 || source.isInterlaced
        switch deinterlacing {
        case .auto where isInterlaced: filters.append("bwdif=mode=send_frame:deint=interlaced")
        case .always: filters.append("bwdif=mode=send_frame:deint=all")
        case .auto, .never: break
        }
        filters += Self.turning(source.rotation)
        filters.append("fps=fps=\(frameRate.numerator)/\(frameRate.denominator):start_time=0:round=near")
        if firstPicture > 0 { filters.append("trim=start_pts=\(firstPicture)") }
        var text = "[in0]" + filters.joined(separator: ",")
        if let overlay {
            let width = Ladder.even(Double(source.width) * overlay.width)
            text += "[below];[in1]scale=\(width):-2:flags=bicubic[above];[below][above]overlay="
            text += Self.place(overlay.corner) + ":format=auto"
        }
        let kept = outputs.indices.filter { !(source.isHighDynamicRange && outputs[$0].isStandardRange) }
        let mapped = outputs.indices.filter { !kept.contains($0) }
        var names =
            kept.map { "[s\($0)]" } + (mapped.isEmpty ? [] : ["[mapped]"]) + stills.indices.map { "[still\($0)]" }
        if countsPictures { names.append("[out\(outputs.count + stills.count)]") }
        text += ",split=\(names.count)" + names.joined()
        for number in kept { text += ";[s\(number)]" + scaling(outputs[number]) + "[out\(number)]" }
        if let largest = mapped.map({ outputs[$0] }).max(by: { $0.width < $1.width }) {
            text += ";[mapped]" + (try Self.toneMapping(largest, frame))
            text += ",split=\(mapped.count)" + mapped.map { "[s\($0)]" }.joined()
            for number in mapped { text += ";[s\(number)]" + scaling(outputs[number]) + "[out\(number)]" }
        }
        for (number, still) in stills.enumerated() {
            text += ";[still\(number)]" + (try still.filters(frame, source, before: framesBefore, pads: pads))
            text += "[out\(outputs.count + number)]"
        }
        return text
    }

    private func scaling(_ output: PictureOutput) -> String {
        let format = output.isTenBit ? "yuv420p10le" : "yuv420p"
        let size = "\(output.width):\(output.height)"
        guard pads else { return "scale=\(size):flags=bicubic:out_range=tv,setsar=1,format=\(format)" }
        // That keeps the shape in pixels: they are made square first.
        return
            "scale=trunc(iw*sar/2)*2:ih:flags=bicubic,setsar=1,scale=\(size):flags=bicubic:out_range=tv:force_original_aspect_ratio=decrease,"
            + "pad=\(size):(ow-iw)/2:(oh-ih)/2,setsar=1,format=\(format)"
    }

    /// Whether this FFmpeg brings HDR to BT.709.
    static var mapsTones: Bool { FilterGraph.has("zscale") && FilterGraph.has("tonemap") }

    /// From PQ or HLG to BT.709, in the size of the largest rendition that needs it.
    static func toneMapping(
        _ output: PictureOutput, _ frame: UnsafeMutablePointer<AVFrame>
    ) throws -> String {
        guard mapsTones else {
            throw EncodingFailure(
                .notTaken,
                "its pictures are HDR, and this FFmpeg has no 'zscale' to bring them to BT.709; use HEVC or AV1, which "
                    + "keep them")
        }
        let transfer = frame.pointee.color_trc == AVCOL_TRC_ARIB_STD_B67 ? "arib-std-b67" : "smpte2084"
        return "scale=\(output.width):\(output.height):flags=bicubic,"
            + "zscale=tin=\(transfer):pin=2020:min=2020_ncl:rin=limited:t=linear:npl=100,format=gbrpf32le,"
            + "zscale=p=709,tonemap=tonemap=hable:desat=0,zscale=t=709:m=709:r=limited,format=yuv420p"
    }

    private static func place(_ corner: EncodingOrder.Overlay.Corner) -> String {
        let (left, right) = ("main_w*0.03", "main_w-overlay_w-main_w*0.03")
        let (top, bottom) = ("main_h*0.03", "main_h-overlay_h-main_h*0.03")
        return switch corner {
        case .topLeft: "x=\(left):y=\(top)"
        case .topRight: "x=\(right):y=\(top)"
        case .bottomLeft: "x=\(left):y=\(bottom)"
        case .bottomRight: "x=\(right):y=\(bottom)"
        }
    }

    private static func turning(_ degrees: Int) -> [String] {
        switch degrees {
        case 90: ["transpose=clock"]
        case 180: ["hflip", "vflip"]
        case 270: ["transpose=cclock"]
        default: []
        }
    }
}
