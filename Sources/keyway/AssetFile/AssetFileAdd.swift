import Adapters
import AdminClient
import Administration
import ArgumentParser
import AssetFiles
import Catalog
import Foundation
import KeyServer

struct AssetFileAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Send a file into an asset as an original, whatever it is.",
        discussion: """
            The same command goes on where it was when it was broken off. The content's SHA-256 is said before and \
            checked after; content that is there already is not sent again. Over KEYWAY_URL by tus 1.0.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name; 'keyway asset create' makes one.")
    var asset: String

    @Argument(help: "The file.")
    var file: String

    @Option(help: "The name that it has in the asset (default: the file's own).")
    var name: String?

    @Option(help: "The content type.")
    var type = "application/octet-stream"

    @Option(help: "So many uploads at once.")
    var parallel = 1

    @Flag(help: "Send it also when the same content is there already.")
    var again = false

    @OptionGroup var storage: StorageOptions

    private struct Answer: Report {
        var file: AssetFileReport
        /// False when the content was there already.
        var sent: Bool
        /// How many bytes an earlier run had sent.
        var resumedAt: UInt64

        var text: String {
            sent
                ? file.text
                : "the content is there already, as \(file.asset)/\(file.name); --again sends it all the same"
        }
    }

    func validate() throws {
        guard (1...64).contains(parallel) else { throw ValidationError("--parallel lies between 1 and 64") }
    }

    func run() async throws {
        let source = try SourceFile(path: file)
        let name = name ?? URL(fileURLWithPath: file).lastPathComponent
        guard AssetRecord.isName(name) else {
            throw CommandFailure(
                .badData, "'\(name)' cannot name a file of an asset: letters, digits, '.', '_', '-'; give --name")
        }
        let target = try await Target(common)
        let result: Result<Answer, any Error>
        do {
            result = .success(try await send(source, as: name, to: target))
        } catch {
            result = .failure(error)
        }
        await target.shutDown()
        let answer = try result.get()
        try answer.print(json: common.json)
        guard answer.file.state == AssetFileState.ready.rawValue else {
            let isHeld = ["waiting", "review"].contains(answer.file.checks)
            throw CommandFailure(
                isHeld ? .tryLater : .badData,
                "\(asset)/\(name) is in state \(answer.file.text)"
                    + (isHeld ? "\n'keyway review show \(answer.file.id)' says what its checks found" : ""))
        }
    }

    private func send(_ source: SourceFile, as name: String, to target: Target) async throws -> Answer {
        let hashing = ProgressBar(label: "hashing \(name)", isDrawn: Terminal.isInteractive)
        let digest = try source.digest { hashing.show(done: Int($0), of: Int(source.size)) }.hexDigits
        hashing.finish()
        if !again, let known = try await target.interface.perform(FindContent(sha256: digest)).files.first {
            return Answer(file: known, sent: false, resumedAt: 0)
        }
        let bar = ProgressBar(label: "uploading \(name)", isDrawn: Terminal.isInteractive)
        let sender = OriginalSender(
            channel: target.channel, file: source,
            plan: PlannedUpload(
                asset: asset, file: name, contentType: type, sha256: digest, isEncrypted: storage.isEncrypted),
            parallel: parallel, memory: UploadMemory(identity: [target.identity, asset, name, digest]),
            progress: { bar.show(done: Int($0), of: Int(source.size)) })
        defer { bar.finish() }
        let before = try await sender.run()
        bar.finish()
        return Answer(file: try await end(name, target), sent: true, resumedAt: before)
    }

    /// Waits until it was looked at.
    private func end(_ name: String, _ target: Target) async throws -> AssetFileReport {
        while true {
            let report = try await target.interface.perform(ShowAssetFile(name: asset, file: name))
            let isChecked = ["waiting", "review", "damaged"].contains(report.checks)
            guard report.state == AssetFileState.quarantine.rawValue, !isChecked,
                report.checks != nil || report.reason == nil
            else { return report }
            if let local = target.local {
                _ = try await local.ingest(AssetFileID(rawValue: report.id))
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Where it goes.
    private struct Target {
        var interface: any OperatorInterface
        var channel: any UploadChannel
        /// Nil for a server.
        var local: UploadService?
        var identity: String

        init(_ common: CommonOptions) async throws {
            if let (address, token) = try common.server() {
                interface = try RemoteOperator(address: address, token: token)
                channel = UploadClient(address: address, token: token)
                identity = address.description
                return
            }
            let installation = try await common.open()
            let service = try await installation.makeUploads(common.configuration())
            interface = try await installation.localOperator()
            channel = LocalUploads(service: service, actor: Installation.localActor)
            local = service
            identity = URL(fileURLWithPath: common.dataFolder).standardizedFileURL.path
        }

        func shutDown() async {
            await (channel as? UploadClient)?.shutDown()
        }
    }
}
