import AdminClient
import Administration
import ArgumentParser
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
            segments below. Keys are still asked from the key service. Over KEYWAY_URL the server makes the files, and each \
            is held against its SHA-256; what was broken off is gone on with.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name.")
    var asset: String

    @Option(name: .shortAndLong, help: "The folder to write: new, or empty.")
    var output: String?

    @Option(
        help: ArgumentHelp(
            "A file that holds a SAS URL to put the files below, instead of a folder; - for standard input.",
            valueName: "file"))
    var sasUrlFile: String?

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
        let request = PackageRequest(
            asset: asset, formats: formats, encryption: encryption, locator: locator, keysURL: keysURL)
        let bar = ProgressBar(label: "packaging \(asset)", isDrawn: Terminal.isInteractive)
        defer { bar.finish() }
        let report: PackageReport
        switch (output, sasUrlFile) {
        case (let output?, nil):
            guard !output.contains("://") else {
                throw CommandFailure(
                    .usage, "--output is a folder; a SAS URL is a secret: give it with --sas-url-file")
            }
            report =
                CommonOptions.isRemote
                ? try await fetch(request, into: output, bar) : try await write(request, to: output, bar)
        case (nil, let file?): report = try await put(request, SASAddress(Self.text(of: file)), bar)
        default: throw ValidationError("give --output or --sas-url-file")
        }
        bar.finish()
        try report.print(json: common.json)
    }

    /// Of this machine's data folder.
    private func write(_ request: PackageRequest, to output: String, _ bar: ProgressBar) async throws -> PackageReport {
        let desk = try await PackageDesk.local(common)
        do {
            return try await desk.select(request) { selection in
                let folder = try PackageFolder(path: output)
                let packager = Packager(
                    origin: desk.origin, concurrency: ProcessInfo.processInfo.activeProcessorCount)
                let inventory = try await packager.write(selection.parts, to: folder) { bar.show(done: $0, of: $1) }
                return PackageReport(asset, output, inventory, selection.warnings)
            }
        } catch let error as PackagingError {
            throw CommandFailure(error)
        }
    }

    /// Of a server.
    private func fetch(_ request: PackageRequest, into output: String, _ bar: ProgressBar) async throws -> PackageReport
    {
        try await transfer(request) { transfer in
            do {
                let folder = try PackageFolder(path: output, isResumed: true)
                let kept = try await transfer.write(to: folder) { bar.show(done: $0, of: $1) }
                return PackageReport(output, transfer.listing, kept: kept)
            } catch let error as PackagingError {
                throw CommandFailure(error)
            }
        }
    }

    private func put(_ request: PackageRequest, _ address: SASAddress, _ bar: ProgressBar) async throws -> PackageReport
    {
        try await transfer(request) { transfer in
            let client = SASClient(address)
            do {
                let written = try await transfer.write(to: client) { bar.show(done: $0, of: $1) }
                await client.shutDown()
                var report = PackageReport(address.description, transfer.listing, kept: written.kept)
                if !written.isSeen {
                    report.warnings.append(
                        "all files were put; the URL does not allow reading, so it is unknown whether checks let them out"
                    )
                }
                return report
            } catch {
                await client.shutDown()
                throw error
            }
        }
    }

    private func transfer(
        _ request: PackageRequest, _ body: (PackageTransfer) async throws -> PackageReport
    ) async throws -> PackageReport {
        let supply: any PackageSupply =
            if let (address, token) = try common.server() {
                try RemotePackageSupply(address: address, token: token)
            } else {
                try await PackageDesk.local(common)
            }
        do {
            let transfer = PackageTransfer(
                supply: supply, listing: try await supply.listing(request), keysURL: request.keysURL)
            let report = try await body(transfer)
            await supply.shutDown()
            return report
        } catch {
            await supply.shutDown()
            throw error
        }
    }

    /// A secret's text, of a file or of standard input.
    private static func text(of file: String) throws -> String {
        let bytes = try SecretInput.read(file: file == "-" ? nil : file)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.badData, "--sas-url-file holds no URL")
        }
        return text
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
    /// Files that were there already; absent when none was.
    var unchanged: Int?
    var warnings: [String]

    init(_ target: String, _ listing: ListPackage.Report, kept: Int) {
        asset = listing.asset
        folder = target
        version = listing.version
        manifests = listing.manifests.map { Manifest(format: $0.format, encryption: $0.encryption, file: $0.file) }
        files = listing.objects.count
        bytes = listing.objects.reduce(0) { $0 &+ $1.size }
        unchanged = kept > 0 ? kept : nil
        warnings = listing.warnings
    }

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
