import Adapters
import AdminClient
import Administration
import AssetFiles
import Catalog
import Foundation
import KeyServer

/// Where originals go, and how: the data folder, or the server of `KEYWAY_URL`. To be shut down once.
struct OriginalUpload: Sendable {
    let interface: any OperatorInterface
    private let channel: any UploadChannel
    /// Nil for a server.
    private let local: UploadService?
    private let identity: String

    init(_ common: CommonOptions) async throws {
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

    func shutDown() async {
        await (channel as? UploadClient)?.shutDown()
    }

    /// What is sent, and as what.
    struct Order {
        var asset: String
        var name: String
        var contentType = "application/octet-stream"
        var parallel = 1
        var isEncrypted: Bool?
    }

    static func digest(of source: SourceFile, name: String) throws -> String {
        let bar = ProgressBar(label: "hashing \(name)", isDrawn: Terminal.isInteractive)
        defer { bar.finish() }
        return try source.digest { bar.show(done: Int($0), of: Int(source.size)) }.hexDigits
    }

    /// Sends a file, from where an earlier run came to.
    ///
    /// - Parameter digest: SHA-256 of the file, in hexadecimal digits.
    /// - Returns: the file as it is when it was looked at, and how many bytes an earlier run had sent.
    func send(
        _ source: SourceFile, digest: String, _ order: Order
    ) async throws -> (file: AssetFileReport, resumedAt: UInt64) {
        let bar = ProgressBar(label: "uploading \(order.name)", isDrawn: Terminal.isInteractive)
        let sender = OriginalSender(
            channel: channel, file: source,
            plan: PlannedUpload(
                asset: order.asset, file: order.name, contentType: order.contentType, sha256: digest,
                isEncrypted: order.isEncrypted),
            parallel: order.parallel, memory: UploadMemory(identity: [identity, order.asset, order.name, digest]),
            progress: { bar.show(done: Int($0), of: Int(source.size)) })
        defer { bar.finish() }
        let before = try await sender.run()
        return (try await end(order), before)
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
