package import Foundation

/// Runs a program of the machine and gives its output; for oracles that are not ours.
package struct Tool {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    package var standardOutput: Data
    package var standardError: String

    /// - Throws: `Failure` when the program is missing or does not exit with 0.
    package static func run(_ arguments: [String]) throws -> Tool {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tool-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (output, diagnostics) = (folder.appendingPathComponent("o"), folder.appendingPathComponent("e"))
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        _ = FileManager.default.createFile(atPath: diagnostics.path, contents: nil)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: diagnostics)
        try process.run()
        process.waitUntilExit()
        let text = String(decoding: try Data(contentsOf: diagnostics), as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(arguments.joined(separator: " ")): \(text)")
        }
        return Tool(standardOutput: try Data(contentsOf: output), standardError: text)
    }
}
