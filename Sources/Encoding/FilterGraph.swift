import CFFmpeg
import EncoderProtocol
import TrackOutput

/// A filter graph described in FFmpeg's language. Owned by one thread.
final class FilterGraph {
    private var graph: UnsafeMutablePointer<AVFilterGraph>?
    private var sources: [UnsafeMutablePointer<AVFilterContext>] = []
    private var sinks: [UnsafeMutablePointer<AVFilterContext>] = []
    private let frame: UnsafeMutablePointer<AVFrame>

    enum Media: String {
        case video = ""
        case audio = "a"
    }

    /// - Parameters:
    ///   - sources: arguments of the source filters.
    ///   - description: links `[in0]`, `[in1]`, … to `[out0]`, `[out1]`, ….
    ///   - threads: 0 for as many as there are processors.
    init(
        _ media: Media, sources: [String], sinkCount: Int, description: String, threads: Int
    ) throws {
        guard let graph = avfilter_graph_alloc(), let frame = av_frame_alloc() else {
            throw EncodingFailure(.limitExceeded, "no memory for the filters")
        }
        self.graph = graph
        self.frame = frame
        graph.pointee.nb_threads = Int32(threads)
        for (number, arguments) in sources.enumerated() {
            self.sources.append(try Self.make(graph, "\(media.rawValue)buffer", "in\(number)", arguments))
        }
        for number in 0..<sinkCount {
            sinks.append(try Self.make(graph, "\(media.rawValue)buffersink", "out\(number)", nil))
        }
        try link(graph, description)
    }

    deinit {
        avfilter_graph_free(&graph)
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
    }

    /// Whether this FFmpeg has a filter.
    static func has(_ name: String) -> Bool { avfilter_get_by_name(name) != nil }

    private static func make(
        _ graph: UnsafeMutablePointer<AVFilterGraph>, _ filter: String, _ name: String, _ arguments: String?
    ) throws -> UnsafeMutablePointer<AVFilterContext> {
        var made: UnsafeMutablePointer<AVFilterContext>?
        try check(
            avfilter_graph_create_filter(&made, avfilter_get_by_name(filter), name, arguments, nil, graph),
            .damaged, "frames of this form cannot be filtered")
        guard let made else { throw EncodingFailure(.limitExceeded, "no memory for the filters") }
        return made
    }

    private func link(_ graph: UnsafeMutablePointer<AVFilterGraph>, _ description: String) throws {
        var inputs = try Self.chain(sinks, "out")
        var outputs = try Self.chain(sources, "in")
        defer {
            avfilter_inout_free(&inputs)
            avfilter_inout_free(&outputs)
        }
        try check(
            avfilter_graph_parse_ptr(graph, description, &inputs, &outputs, nil), .internalError,
            "the filters cannot be linked")
        try check(avfilter_graph_config(graph, nil), .damaged, "frames of this form cannot be filtered")
    }

    private static func chain(
        _ filters: [UnsafeMutablePointer<AVFilterContext>], _ label: String
    ) throws -> UnsafeMutablePointer<AVFilterInOut>? {
        var first: UnsafeMutablePointer<AVFilterInOut>?
        for (number, filter) in filters.enumerated().reversed() {
            guard let end = avfilter_inout_alloc() else {
                throw EncodingFailure(.limitExceeded, "no memory for the filters")
            }
            end.pointee.name = av_strdup("\(label)\(number)")
            end.pointee.filter_ctx = filter
            end.pointee.pad_idx = 0
            end.pointee.next = first
            first = end
        }
        return first
    }

    /// Takes a frame and hands on what comes out of each sink, with the sink's number.
    func push(
        _ input: UnsafeMutablePointer<AVFrame>, to source: Int = 0,
        _ handle: (Int, UnsafeMutablePointer<AVFrame>) throws -> Void
    ) throws {
        try check(av_buffersrc_write_frame(sources[source], input), .damaged, "a frame cannot be filtered")
        try drain(handle)
    }

    /// Ends a source and hands on what is left.
    ///
    /// - Parameter time: where the last frame ends, in the source's time base.
    func finish(
        _ source: Int = 0, at time: Int64, _ handle: (Int, UnsafeMutablePointer<AVFrame>) throws -> Void
    ) throws {
        try check(av_buffersrc_close(sources[source], time, 0), .damaged, "the filters cannot be ended")
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
