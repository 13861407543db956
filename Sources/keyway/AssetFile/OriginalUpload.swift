import Adapters
import AdminClient
import Administration
import AssetFiles
import Catalog
import Foundation
import KeyServer

/// Where originals go, and how: the data folder, or the server of `KEYWAY_URL`.
struct OriginalUpload: Sendable {
    let interface: any OperatorInterface
    private let channel: any UploadChannel
    /// Nil for a server.
    private let local: UploadService?
    private let identity: String

    private init(_ common: CommonOptions) async throws {
        if let (address, token) = try common.server() {
            interface = try RemoteOperator(address: address, token: token)
            channel = UploadClient(address: address, token: token)
            identity = address.description
            local = nil
            return
        }
        let installation = try await common.open()
        let service = try await installation.makeUploads(common.configuration())
        interface = try await installation.localOperator()
        channel = LocalUploads(service: service, actor: Installation.localActor)
        local = service
        identity = URL(fileURLWithPath: common.dataFolder).standardizedFileURL.path
    }

    /// Works with where originals go, and shuts it down.
    static func with<Result: Sendable>(
        _ common: CommonOptions, _ body: (OriginalUpload) async throws -> Result
    ) async throws -> Result {
        let target = try await OriginalUpload(common)
        do {
            let result = try await body(target)
            await target.shutDown()
            return result
        } catch {
            await target.shutDown()
            throw error
        }
    }

    private func shutDown() async {
        await (channel as? UploadClient)?.shutDown()
    }

    /// What is sent, and as what.
    struct Order {
        var asset: String
        var name: String
        var contentType = "application/octet-stream"
        var parallel = 1
        var isEncrypted: Bool?
        var sending: SendingOptions
    }

    /// Whether files are encrypted before they are sent: what is written here needs no key on its way.
    private func seals(_ sending: SendingOptions) -> Bool { sending.encrypt && local == nil }

    /// Finds out before a file is read whether it can be sent as it is asked for.
    func prepare(_ sending: SendingOptions) async throws {
        guard seals(sending) else {
            if local == nil, sending.fingerprint != nil {
                FileHandle.standardError.write(
                    Data("note: KEYWAY_UPLOAD_KEY is set, and without --encrypt files go as they are\n".utf8))
            }
            return
        }
        _ = try await SendingOptions.recipient(of: interface, sending.fingerprint)
    }

    func digest(of source: SourceFile, name: String, _ sending: SendingOptions) throws -> SourceDigest {
        let bar = ProgressBar(label: "hashing \(name)", isDrawn: Terminal.isInteractive)
        defer { bar.finish() }
        return try SourceDigest(of: source, pieces: seals(sending)) { bar.show(done: Int($0), of: Int(source.size)) }
    }

    /// Sends a file, from where an earlier run came to.
    ///
    /// - Parameter digest: what the file holds.
    /// - Returns: the file as it is when it was looked at, and how many bytes an earlier run had sent.
    func send(
        _ source: SourceFile, digest: SourceDigest, _ order: Order
    ) async throws -> (file: AssetFileReport, resumedAt: UInt64) {
        let bar = ProgressBar(label: "uploading \(order.name)", isDrawn: Terminal.isInteractive)
        let (isSealed, sha256) = (seals(order.sending), digest.whole.hexDigits)
        let (interface, fingerprint) = (interface, order.sending.fingerprint)
        let sender = OriginalSender(
            channel: channel, file: source,
            plan: PlannedUpload(
                asset: order.asset, file: order.name, contentType: order.contentType, sha256: sha256,
                isEncrypted: order.isEncrypted, isSealed: isSealed),
            digest: digest, parallel: order.parallel, restarts: order.sending.restart,
            recipient: { try await SendingOptions.recipient(of: interface, fingerprint) },
            memory: memory(order.asset, order.name, content: isSealed ? nil : sha256),
            otherMemory: memory(order.asset, order.name, content: isSealed ? sha256 : nil), held: held(order),
            progress: { bar.show(done: Int($0), of: Int(source.size)) })
        defer { bar.finish() }
        let before = try await sender.run()
        let file = try await end(order)
        guard file.state != AssetFileState.uploading.rawValue else {
            throw CommandFailure(
                .unavailable,
                "everything of \(order.asset)/\(order.name) was sent, and the server says that it is still arriving: run the "
                    + "command again")
        }
        sender.memory.forget()
        return (file, before)
    }

    private func held(_ order: Order) -> OriginalSender.HeldFile {
        let (interface, asset, name) = (interface, order.asset, order.name)
        return OriginalSender.HeldFile(
            report: {
                try await interface.perform(ListAssetFiles(name: asset)).files.first { $0.name == name }
            },
            delete: { _ = try await interface.perform(DeleteAssetFile(name: asset, file: name)) })
    }

    /// - Parameter content: nil for what is encrypted: it is remembered whatever it holds, so that another content is noticed.
    private func memory(_ asset: String, _ name: String, content: String?) -> UploadMemory {
        UploadMemory(identity: [identity, asset, name, content ?? "encrypted before it is sent"])
    }

    /// A file that is there needs no key here any more, whoever sent it and did not live to forget it.
    func forgetKey(asset: String, name: String) {
        memory(asset, name, content: nil).forget()
    }

    /// Ends what was begun of a content under a name, since it is there under another.
    func endUploads(asset: String, name: String, sha256: String) async throws {
        for memory in [memory(asset, name, content: nil), memory(asset, name, content: sha256)] {
            guard let begun = memory.load(), (begun.sha256 ?? sha256) == sha256 else { continue }
            for part in begun.parts { try await channel.end(part.upload) }
            memory.forget()
        }
    }

    /// Waits until it was looked at.
    private func end(_ order: Order) async throws -> AssetFileReport {
        while true {
            let report = try await interface.perform(ShowAssetFile(name: order.asset, file: order.name))
            let isChecked = ["waiting", "review", "damaged"].contains(report.checks)
            guard report.state == AssetFileState.quarantine.rawValue, !isChecked,
                report.checks != nil || report.reason == nil
            else { return report }
            if let local {
                _ = try await local.ingest(AssetFileID(rawValue: report.id))
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
