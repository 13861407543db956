public import Adapters
import Catalog
import Foundation

/// Looks at everything that an operator would look at, while servers run, and changes nothing.
public struct Examination: Sendable {
    public var dataFolder: String
    /// The path of `keyway-encoder`.
    public var encoder: String
    /// Whether servers elsewhere are asked.
    public var asksServers: Bool
    /// How many of the newest audit records are checked.
    public var auditRecords: Int

    public init(dataFolder: String, encoder: String, asksServers: Bool, auditRecords: Int) {
        self.dataFolder = dataFolder
        self.encoder = encoder
        self.asksServers = asksServers
        self.auditRecords = auditRecords
    }

    /// Ends early once its task is cancelled: what it gives then is not all, and to be thrown away.
    ///
    /// - Parameter configuration: as it was loaded, or why it cannot be.
    public func run(_ configuration: Result<ServiceConfiguration, any Error>) async -> [Finding] {
        switch configuration {
        case .failure(let error):
            return [
                .error("configuration", "\(error)", "correct the file or the environment: no program starts like this")
            ] + FolderExamination(dataFolder: dataFolder).run() + DiskExamination(dataFolder: dataFolder).run()
        case .success(let configuration):
            let count = configuration.fieldsSet.count
            let fields = count == 0 ? "" : ": " + configuration.fieldsSet.joined(separator: ", ")
            let data = await dataFindings(configuration)
            return [.ok("configuration", "\(CountText.text(count, "field is", "fields are")) set\(fields)")]
                + NetworkExamination(
                    listeners: Self.listeners(configuration), upstreams: configuration.upstreams,
                    asksServers: asksServers
                ).run()
                + TLSExamination(files: Self.certificates(configuration), now: Date()).run()
                + FolderExamination(dataFolder: dataFolder).run() + DiskExamination(dataFolder: dataFolder).run()
                + data.findings + Self.backups(configuration)
                + MachineExamination(connections: configuration.limits.connections, newest: data.newest).run()
                + EncoderExamination(program: encoder).run()
        }
    }

    private static func backups(_ configuration: ServiceConfiguration) -> [Finding] {
        if let obstacle = configuration.backupsObstacle { return [.error("backups", obstacle.text, obstacle.action)] }
        return configuration.backupsFolder.map { [.ok("backups", "'\($0)' takes backups over the admin API")] } ?? []
    }

    private static func listeners(_ configuration: ServiceConfiguration) -> [NetworkExamination.Listener] {
        let addresses = [
            ("origin", configuration.listenOrigin), ("keys", configuration.listenKeys),
            ("admin", configuration.listenAdmin), ("origins", configuration.listenOrigins),
        ]
        return addresses.compactMap { name, address in
            address.map {
                NetworkExamination.Listener(name: name, address: $0, isEncrypted: configuration.tls[name] != nil)
            }
        }
    }

    private static func certificates(_ configuration: ServiceConfiguration) -> [TLSExamination.Files] {
        let own = configuration.tls.sorted { $0.key < $1.key }.map { name, files in
            TLSExamination.Files(name: "tls.\(name)", certificate: files.certificate, key: files.key)
        }
        return own + configuration.certificateFiles.map { TLSExamination.Files(name: $0.field, certificate: $0.path) }
    }

    /// What the catalog says, and the newest time that it holds.
    private func dataFindings(_ configuration: ServiceConfiguration) async -> (findings: [Finding], newest: Date?) {
        guard FileManager.default.fileExists(atPath: dataFolder + "/catalog.sqlite") else {
            let text = "there is no catalog in '\(dataFolder)'"
            return (
                [.error("catalog", text, "start a server or run a verb, which makes one, or restore a backup")], nil
            )
        }
        do {
            let file = try ExaminedData.inspect(dataFolder: dataFolder)
            var findings = Self.findings(of: file)
            guard findings.isEmpty else { return (findings, nil) }
            findings.append(.ok("catalog", "the catalog's file is whole, and of this program's version"))
            let data = try ExaminedData(dataFolder: dataFolder, kek: configuration.kek)
            findings += try await CatalogExamination(
                data: data, asksServers: asksServers, auditRecords: auditRecords, now: Date()
            ).run()
            findings += Self.findings(
                ofChecks: configuration.checks.missing(of: try await data.catalog.requiredChecks()))
            try Task.checkCancellation()
            let storage = try await StorageExamination(
                catalog: data.catalog, accounts: configuration.storage.accounts
            ).run()
            findings += storage.findings
            try Task.checkCancellation()
            findings += try await MediaExamination(
                catalog: data.catalog, folder: dataFolder + "/media", accounts: storage.folders, now: Date()
            ).run()
            let last = try await data.catalog.lastAuditSequence()
            let record = try await data.catalog.auditRecords(after: last - 1, limit: 1).first
            return (findings, try record.map { try AuditChain.event(of: $0).time })
        } catch {
            let action = "restore the catalog from a backup, if this stays"
            return ([.error("catalog", "the catalog cannot be read: \(error)", action)], nil)
        }
    }

    private static func findings(ofChecks missing: [String]) -> [Finding] {
        missing.map { check in
            .warning(
                "checks",
                "originals are examined by \(check), which this configuration does not name: they wait for a server whose "
                    + "configuration does",
                "set checks.\(check), or to off and restart the server, which ends the check for all")
        }
    }

    private static func findings(of file: CatalogFileFinding) -> [Finding] {
        let damage = Finding.listed(
            "catalog", .error, ("fault in the catalog's file", "faults in the catalog's file"), file.damage,
            "stop the servers, keep the folder as it is, and restore a backup")
        guard damage.isEmpty else { return damage }
        if !file.unknown.isEmpty {
            return [
                .error(
                    "catalog", "the catalog is of a newer program (\(file.unknown.joined(separator: ", ")))",
                    "run the newer program")
            ]
        }
        guard file.missing.isEmpty else {
            return [
                .warning(
                    "catalog", "the catalog is of an older program (without \(file.missing.joined(separator: ", ")))",
                    "take a backup with the older program, then start this one, which brings it up to date")
            ]
        }
        return []
    }
}
