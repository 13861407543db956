import Adapters
import AdminClient
import Administration
import ArgumentParser
import AssetFiles
import Catalog
import Crypto
import Foundation
import KeyServer

struct AssetDownload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "download", abstract: "Write an original of an asset into a file, decrypted.",
        discussion: """
            Only files in state ready are given out. What was broken off lies in FILE.part, and the same command goes on \
            there; the whole is held against the SHA-256 that the server knows before it gets its name.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var name: String

    @Argument(help: "The file's name (default: the asset's only one).")
    var file: String?

    @Option(name: .shortAndLong, help: "Where it is written; must not exist (default: its name, here).")
    var output: String?

    private struct Answer: Report {
        var file: AssetFileReport
        var path: String
        /// How many bytes an earlier run had written.
        var resumedAt: UInt64
        var text: String { "\(path): \(file.size) bytes" }
    }

    func run() async throws {
        let report = try await report()
        guard report.state == AssetFileState.ready.rawValue else {
            throw CommandFailure(
                .badData,
                "'\(report.name)' of asset '\(name)' is in state \(report.state), and is not given out"
                    + (report.reason.map { ": \($0)" } ?? ""))
        }
        guard output != nil || AssetRecord.isName(report.name) else {
            throw CommandFailure(.badData, "'\(report.name)' is no name of a file in this folder: give --output")
        }
        let path = output ?? report.name
        guard !FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(.cannotCreate, "'\(path)' is there already")
        }
        let part = try PartialFile(path: path, size: report.size)
        let before = part.written
        let bar = ProgressBar(label: "writing \(path)", isDrawn: Terminal.isInteractive)
        defer { bar.finish() }
        try await fetch(report, into: part) { bar.show(done: Int(clamping: $0), of: Int(clamping: report.size)) }
        try part.finish(sha256: report.sha256)
        bar.finish()
        try Answer(file: report, path: path, resumedAt: before).print(json: common.json)
    }

    private func report() async throws -> AssetFileReport {
        let files = try await common.perform(ListAssetFiles(name: name)).files
        guard let report = file.map({ name in files.first { $0.name == name } }) ?? (files.count == 1 ? files[0] : nil)
        else {
            throw CommandFailure(
                .noInput,
                file.map { "asset '\(name)' has no file '\($0)'" }
                    ?? "asset '\(name)' has \(files.count) files: say which one")
        }
        return report
    }

    private func fetch(_ report: AssetFileReport, into part: PartialFile, _ shown: (UInt64) -> Void) async throws {
        if let (address, token) = try common.server() {
            let client = DownloadClient(address: address, token: token)
            let result: Result<Void, any Error>
            do {
                try await client.download(asset: name, file: report.name, from: part.written, sha256: report.sha256) {
                    try part.append($0)
                    shown(part.written)
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await client.shutDown()
            return try result.get()
        }
        do {
            let uploads = try await common.open().makeUploads(common.configuration())
            let original = try await uploads.original(
                asset: name, name: report.name, readBy: Installation.localActor)
            for try await piece in original.bytes(part.written..<max(part.written, original.size)) {
                try part.append(piece)
                shown(part.written)
            }
        } catch let error as AssetFileError {
            throw CommandFailure(.badData, error.reason)
        }
    }
}
