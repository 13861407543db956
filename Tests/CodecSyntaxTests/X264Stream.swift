import CodecSyntax
import Foundation
import TestSupport

/// A byte stream made by libx264 on the spot, and what ffmpeg's `trace_headers` says of it.
struct X264Stream {
    var bytes: [UInt8]
    var units: [NALUnit]

    init(parameters: String, options: [String] = [], pixels: String = "yuv420p") throws {
        let source =
            ["-f", "lavfi", "-i", "testsrc2=size=208x112:rate=25", "-vf", "fade=in:0:20,noise=alls=12:allf=t"]
        let tool = try Tool.run(
            ["ffmpeg", "-v", "error"] + source
                + ["-frames:v", "32", "-pix_fmt", pixels, "-c:v", "libx264", "-threads", "1"]
                + options + ["-x264-params", parameters, "-f", "h264", "-"])
        try self.init(bytes: [UInt8](tool.standardOutput))
    }

    init(bytes: [UInt8]) throws {
        self.bytes = bytes
        units = try AnnexB.nalUnits(in: bytes)
    }

    var configuration: AVCDecoderConfiguration {
        get throws { try AVCDecoderConfiguration(annexB: bytes) }
    }

    /// End of each slice header in bits from the start of its NAL unit, emulation prevention removed, as ffmpeg has it.
    func tracedHeaderEnds() throws -> [Int] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).264")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let trace = try Tool.run([
            "ffmpeg", "-hide_banner", "-f", "h264", "-i", file.path, "-c", "copy", "-bsf:v", "trace_headers", "-f",
            "null", "-",
        ])
        return Self.headerEnds(in: trace.standardError)
    }

    /// Lines read `[trace_headers @ 0x…] POSITION NAME BITS = VALUE`; a line without a position starts a structure.
    private static func headerEnds(in trace: String) -> [Int] {
        var ends: [Int] = []
        var end: Int?
        for line in trace.split(separator: "\n") where line.hasPrefix("[trace_headers") {
            guard let bracket = line.firstIndex(of: "]") else { continue }
            let words = line[line.index(after: bracket)...].split(separator: " ")
            if let position = words.first.flatMap({ Int($0) }), words.count >= 5 {
                // The alignment belongs to slice_data().
                if end != nil, words[1] != "cabac_alignment_one_bit" { end = position + words[words.count - 3].count }
            } else {
                if let end { ends.append(end) }
                end = words.starts(with: ["Slice", "Header"]) ? 0 : nil
            }
        }
        if let end { ends.append(end) }
        return ends
    }

    var slices: [NALUnit] { units.filter { $0.type.isSlice } }

    /// Bytes of the escaped NAL unit up to and with the one that holds bit `end` - 1 of the unescaped one; found by
    /// unescaping the whole unit, unlike the code under test.
    func escapedLength(of unit: NALUnit, bits end: Int) -> Int {
        let escaped = Array(bytes[unit.range])
        var origins: [Int] = []
        var index = 0
        while index < escaped.count {
            if index >= 2, escaped[index] == 3, escaped[index - 1] == 0, escaped[index - 2] == 0 { index += 1 }
            if index < escaped.count { origins.append(index) }
            index += 1
        }
        let last = (end - 1) / 8
        return last < origins.count ? origins[last] + 1 : -1
    }
}
