import CFFmpeg
import EncoderProtocol
import TrackOutput

/// A filter graph with one source and one or several sinks, described in FFmpeg's language. Owned by one thread.
final class FilterGraph {
    private var graph: UnsafeMutablePointer<AVFilterGraph>?
    private let source: UnsafeMutablePointer<AVFilterContext>
    private var sinks: [UnsafeMutablePointer<AVFilterContext>] = []
    private let frame: UnsafeMutablePointer<AVFrame>

    /// - Parameters:
    ///   - source: the source filter's name and arguments.
    ///   - sink: the sink filter's name.
    ///   - description: links `[in]` to `[out0]`, `[out1]`, ….
    init(source: (name: String, arguments: String), sink: String, sinkCount: Int, description: String) throws {
        guard let graph = avfilter_graph_alloc(), let frame = av_frame_alloc() else {
            throw EncodingFailure(.limitExceeded, "no memory for the filters")
        }
        self.graph = graph
        self.frame = frame
        graph.pointee.nb_threads = 2
        var made: UnsafeMutablePointer<AVFilterContext>?
        let result = avfilter_graph_create_filter(
            &made, avfilter_get_by_name(source.name), "in", source.arguments, nil, graph)
        guard result >= 0, let made else {
            throw EncodingFailure(.damaged, "frames of this form cannot be filtered", ffmpeg: result)
        }
        self.source = made
        try link(graph, sink, sinkCount, description)
    }

    deinit {
        avfilter_graph_free(&graph)
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
    }

    private func link(
        _ graph: UnsafeMutablePointer<AVFilterGraph>, _ sink: String, _ sinkCount: Int, _ description: String
    ) throws {
        var inputs: UnsafeMutablePointer<AVFilterInOut>?
        for number in (0..<sinkCount).reversed() {
            var made: UnsafeMutablePointer<AVFilterContext>?
            try check(
                avfilter_graph_create_filter(&made, avfilter_get_by_name(sink), "out\(number)", nil, nil, graph),
                .internalError, "the filters cannot be made")
            guard let made, let end = avfilter_inout_alloc() else {
                throw EncodingFailure(.limitExceeded, "no memory for the filters")
            }
            sinks.insert(made, at: 0)
            end.pointee.name = av_strdup("out\(number)")
            end.pointee.filter_ctx = made
            end.pointee.pad_idx = 0
            end.pointee.next = inputs
            inputs = end
        }
        var outputs = avfilter_inout_alloc()
        outputs?.pointee.name = av_strdup("in")
        outputs?.pointee.filter_ctx = source
        outputs?.pointee.pad_idx = 0
        outputs?.pointee.next = nil
        defer {
            avfilter_inout_free(&inputs)
            avfilter_inout_free(&outputs)
        }
        try check(
            avfilter_graph_parse_ptr(graph, description, &inputs, &outputs, nil), .internalError,
            "the filters cannot be linked")
        try check(avfilter_graph_config(graph, nil), .damaged, "frames of this form cannot be filtered")
    }

    /// Takes a frame and hands on what comes out of each sink, with the sink's number.
    func push(
        _ input: UnsafeMutablePointer<AVFrame>, _ handle: (Int, UnsafeMutablePointer<AVFrame>) throws -> Void
    ) throws {
        try check(av_buffersrc_write_frame(source, input), .damaged, "a frame cannot be filtered")
        try drain(handle)
    }

    /// Ends the source and hands on what is left.
    ///
    /// - Parameter time: where the last frame ends, in the source's time base.
    func finish(at time: Int64, _ handle: (Int, UnsafeMutablePointer<AVFrame>) throws -> Void) throws {
        try check(av_buffersrc_close(source, time, 0), .damaged, "the filters cannot be ended")
        try drain(handle)
    }

    private func drain(_ handle: (Int, UnsafeMutablePointer<AVFrame>) throws -> Void) throws {
        for (number, sink) in sinks.enumerated() {
            while true {
                let result = av_buffersink_get_frame(sink, frame)
                if result == keyway_error_again || result == keyway_error_end { break }
                try check(result, .damaged, "a frame cannot be filtered")
                defer { av_frame_unref(frame) }
                try handle(number, frame)
            }
        }
    }
}
