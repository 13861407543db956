import Foundation
import Glibc

/// The encoder program beside this one, and the libraries that it finds.
struct EncoderExamination {
    private static let check = "encoder"
    /// Without one of these nothing is encoded.
    private static let libraries = ["libavcodec", "libavformat", "libavfilter", "libavutil"]

    /// Its path.
    let program: String

    func run() -> [Finding] {
        guard access(program, X_OK) == 0 else {
            return [
                .error(
                    Self.check, "'\(program)' is not there, or may not be run: no job can be done",
                    "install keyway-encoder beside keyway")
            ]
        }
        guard let mapped = mappings() else {
            return [
                .error(
                    Self.check, "'\(program)' does not start",
                    "run it: it should say how it is used; install what it misses"
                )
            ]
        }
        let found = Self.libraries.compactMap { name in mapped.first { $0.hasPrefix(name + ".so") } }
        return found.count == Self.libraries.count
            ? [.ok(Self.check, "it starts, with \(found.joined(separator: ", "))")]
            : [
                .error(
                    Self.check, "it starts without FFmpeg's libraries (found: \(found.joined(separator: ", ")))",
                    "build it against FFmpeg's libraries")
            ]
    }

    /// The libraries that the dynamic linker finds for it; nil when it does not start. With this variable the linker only
    /// lists them (ld.so(8)).
    private func mappings() -> [String]? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.environment = ["LD_TRACE_LOADED_OBJECTS": "1"]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0, !text.contains("not found") else { return nil }
        return text.split(separator: "\n").compactMap { line in
            line.split(separator: ">").last?.split(separator: " ").first.map { path in
                String(URL(fileURLWithPath: String(path)).resolvingSymlinksInPath().lastPathComponent)
            }
        }
    }
}
