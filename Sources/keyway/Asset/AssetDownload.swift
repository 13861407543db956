import Adapters
import Administration
import ArgumentParser
import AssetFiles
import Catalog
import Foundation
import KeyServer
import MediaStorage

struct AssetDownload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "download", abstract: "Write an original of an asset into a file, decrypted.",
        discussion: """
            Works on the data folder; from elsewhere, fetch a URL of 'keyway locator create --sas'. Only files in state \
            ready are given out.
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
        var text: String { "\(path): \(file.size) bytes" }
    }

    func run() async throws {
        let installation = try await common.open()
        let files = try await installation.localOperator().perform(ListAssetFiles(name: name)).files
        guard let report = file.map({ name in files.first { $0.name == name } }) ?? (files.count == 1 ? files[0] : nil)
        else {
            throw CommandFailure(
                .noInput,
                file.map { "asset '\(name)' has no file '\($0)'" }
                    ?? "asset '\(name)' has \(files.count) files: say which one")
        }
        guard let record = try await installation.catalog.assetFile(asset: name, name: report.name) else {
            throw CommandFailure(.noInput, "file '\(report.name)' was deleted")
        }
        let content: any MediaReader
        do {
            content = try await installation.storedAssets.open(record)
        } catch let error as AssetFileError {
            throw CommandFailure(.badData, error.reason)
        }
        let path = output ?? report.name
        guard !FileManager.default.fileExists(atPath: path),
            FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw CommandFailure(.cannotCreate, "cannot make '\(path)', or it is there already") }
        let bar = ProgressBar(label: "writing \(path)", isDrawn: Terminal.isInteractive)
        defer { bar.finish() }
        var written = 0
        try content.forEachPiece { piece in
            try handle.write(contentsOf: Data(piece))
            written += piece.count
            bar.show(done: written, of: Int(clamping: content.size))
        }
        try handle.close()
        bar.finish()
        try Answer(file: report, path: path).print(json: common.json)
    }
}
