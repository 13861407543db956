import Foundation

/// Documentation/combinations.md: written by the test that sees all combinations, read by the one that sees some.
enum CombinationTable {
    typealias Format = Combination.Format
    typealias Scheme = Combination.Scheme

    static let file = Programs.repository.appendingPathComponent("Documentation/combinations.md")

    static var isThere: Bool { FileManager.default.fileExists(atPath: file.path) }

    private static let lock = NSLock()

    /// Writes what was seen of an input at once, so that it is kept when a run is ended.
    static func add(_ seen: [Combination: String]) throws {
        try lock.withLock {
            let before = isThere ? try marks() : [:]
            try Data(text(before.merging(seen) { $1 }).utf8).write(to: file, options: .atomic)
        }
    }

    /// - Parameter marks: what was seen of each.
    static func text(_ marks: [Combination: String]) -> String {
        var text = """
            # Combinations

            Every input of the tests with every format and every scheme, as `KEYWAY_COMBINATIONS=write` saw them and wrote them down:
            `CombinationTests`. The ordinary tests hold a part of this page against what they see, `KEYWAY_COMBINATIONS=all` all of it.
            Inputs are real clips, and files that are made of one of them: `Tests/EndToEndTests/UploadSite.swift`.

            | mark | |
            |---|---|
            | ✓ | plays: each track, as the manifest names it, was decrypted and decoded by programs that are not ours, to the source's frames at the source's times |
            | → | 308 to the same with `encryption=piff` |
            | letter | refused, for the reason below |

            """
        for scheme in Scheme.allCases {
            text += "\n## \(heading(scheme))\n\n"
            text += "| input | \(Format.allCases.map { "`\($0.rawValue)`" }.joined(separator: " | ")) |\n"
            text += "|---\(String(repeating: "|:-:", count: Format.allCases.count))|\n"
            for input in Upload.allCases {
                let row = Format.allCases.map {
                    marks[Combination(input: input, format: $0, scheme: scheme)] ?? "?"
                }
                text += "| \(input.rawValue) | \(row.joined(separator: " | ")) |\n"
            }
        }
        text += "\n## Refused\n\n| | answer | why |\n|---|---|---|\n"
        for refusal in Combination.Refusal.allCases {
            text += "| \(refusal.rawValue) | `\(refusal.answer)` | \(refusal.clause) |\n"
        }
        return text + "\n" + Self.method
    }

    /// By combination, the mark that the page has.
    static func marks() throws -> [Combination: String] {
        let page = try String(contentsOf: file, encoding: .utf8)
        var marks: [Combination: String] = [:]
        for scheme in Scheme.allCases {
            let section = page.components(separatedBy: "## \(heading(scheme))\n").dropFirst().first ?? ""
            for line in section.components(separatedBy: "\n## ")[0].split(separator: "\n") {
                let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
                guard let input = cells.first.flatMap({ Upload(rawValue: $0) }) else { continue }
                for (format, mark) in zip(Format.allCases, cells.dropFirst()) {
                    marks[Combination(input: input, format: format, scheme: scheme)] = mark
                }
            }
        }
        return marks
    }

    private static func heading(_ scheme: Scheme) -> String {
        scheme == .none ? "In the clear" : "`encryption=\(scheme.rawValue)`"
    }

    private static let method = """
        ## How it was seen

        | what | decrypted by | decoded by | times |
        |---|---|---|---|
        | HLS in MPEG-TS, clear and `cbc` | ffmpeg, which has the token in a header | ffmpeg | of all pictures, of the first sound |
        | HLS in MPEG-TS, `cbcs-aapl` | ffmpeg, which has the key | ffmpeg | of all pictures, of the first sound |
        | HLS in CMAF, clear and `cbc` | ffmpeg; OpenSSL for the times | ffmpeg | of all sound; of the first picture, and between pictures |
        | DASH, `cbc` | OpenSSL, with the vectors of the manifest | ffmpeg | as before |
        | CMAF, `cenc` and `cbcs-aapl` | Shaka Packager | ffmpeg | as before |
        | Smooth Streaming | Shaka Packager, with `senc` in place of PIFF's box | ffmpeg | between pictures, between sound, and of one to the other |
        | whole files | | ffmpeg | of all |

        Frames are compared by their hashes. Of sound the first two frames may differ: they depend on what was there before them. AC-3 and
        E-AC-3 are compared as they are stored, since what ffmpeg makes of them has noise in it. Of `SAMPLE-AES` in MPEG-TS ffmpeg is given the
        last segment several times, since it decrypts what it has read ahead with the key that stands at the end; of open groups the last four
        pictures are then left out of the comparison. Segments that two manifests name are
        decoded once. Every playlist is held against the rules by `Tests/HLS/check.py`, every MPD against the XSD. Times are those of packets, to 20 µs, in whole files to 1.5 ms, which is what their edit lists count in.

        """
}
