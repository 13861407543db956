import Adapters
import ArgumentParser
import Catalog
import Foundation
import KeyServer
import Origin
import Packaging
import Policies

struct PackageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "package", abstract: "Write a published asset as files: HLS and DASH for plain storage.",
        discussion: """
            The folder holds, byte for byte, what the origin answers for the same locator: manifests at its top and \
            segments below. Keys are still asked from the key service.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var asset: String

    @Option(name: .shortAndLong, help: "The folder to write: new, or empty.")
    var output: String

    @Option(
        name: .customLong("format"),
        help: """
            A format as in URLs: m3u8-cmaf, m3u8-aapl, m3u8-aapl-v3, mpd-time-cmaf, mpd-time-csf; may be repeated \
            (default: m3u8-cmaf and mpd-time-cmaf, as far as the delivery policy lets them out).
            """)
    var formats: [String] = []

    @Option(help: "An encryption as in URLs: cbc, cenc, cbcs-aapl (default: as the delivery policy says).")
    var encryption: String?

    @Option(help: "Which locator rules, where the asset has several.")
    var locator: String?

    @Option(name: .customLong("keys-url"), help: "Where players ask for keys (default: as configured).")
    var keysURL: String?

    func run() async throws {
        let source = try await PackageSource(self)
        let parts = try await source.parts()
        let folder: PackageFolder
        do {
            folder = try PackageFolder(path: output)
        } catch let error as PackagingError {
            throw CommandFailure(error)
        }
        let bar = ProgressBar(label: "packaging \(asset)", isDrawn: Terminal.isInteractive)
        defer { bar.finish() }
        let packager = Packager(origin: source.origin, concurrency: ProcessInfo.processInfo.activeProcessorCount)
        do {
            let inventory = try await packager.write(parts, to: folder) { bar.show(done: $0, of: $1) }
            bar.finish()
            try PackageReport(asset, output, inventory, source.warnings).print(json: common.json)
        } catch let error as PackagingError {
            throw CommandFailure(error)
        } catch let error as OriginError {
            throw CommandFailure(error)
        }
    }
}

extension CommandFailure {
    init(_ error: PackagingError) {
        let code: Code =
            switch error.code {
            case .cannotCreate: .cannotCreate
            case .inputOutput: .inputOutput
            case .wrongSize: .software
            }
        self.init(code, error.reason)
    }

    init(_ error: OriginError) {
        let choices = error.choices.isEmpty ? "" : " (\(error.choices.joined(separator: ", ")))"
        self.init(error.code == .storageFault ? .inputOutput : .badData, error.detail + choices)
    }
}

/// What is told of a package.
struct PackageReport: Report {
    struct Manifest: Encodable {
        var format: String
        var encryption: String
        var file: String
    }

    var asset: String
    var version: Int
    var folder: String
    var manifests: [Manifest]
    var files: Int
    var bytes: UInt64
    var warnings: [String]

    init(_ asset: String, _ folder: String, _ inventory: Packager.Inventory, _ warnings: [String]) {
        self.asset = asset
        self.folder = folder
        version = inventory.version
        manifests = inventory.manifests.map {
            Manifest(format: $0.format.rawValue, encryption: $0.encryption.urlWord, file: $0.file)
        }
        files = inventory.fileCount
        bytes = inventory.byteCount
        self.warnings = warnings
    }

    var text: String {
        let rows = manifests.map { [$0.format, $0.encryption, "\(folder)/\($0.file)"] }
        return """
            packaged \(asset) version \(version): \(files) files, \(bytes) bytes

            \(Table.render(["FORMAT", "ENCRYPTION", "MANIFEST"], rows))
            """ + warnings.map { "\nwarning: \($0)" }.joined()
    }
}
