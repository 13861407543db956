import Adapters
import ArgumentParser
import Catalog
import ContentKeys
import Foundation

struct KEKStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the versions, where they are, and how much is wrapped under each.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Report {
        var provider: String
        var versions: [KEKReport]

        var text: String {
            Table.render(KEKReport.heading, versions.map(\.row)) + "\nnew versions are made by: \(provider)"
        }
    }

    func run() async throws {
        let installation = try await common.open()
        let records = try await installation.catalog.kekVersions()
        let usage = try await installation.catalog.kekUsage()
        let reports = records.map { record in
            KEKReport(
                record, isCurrent: record.version == records.last?.version,
                usage: usage.first { $0.version == record.version }, installation.keks)
        }
        try Answer(provider: installation.keks.provider.rawValue, versions: reports).print(json: common.json)
    }
}

/// What is told of a KEK version.
struct KEKReport: Encodable {
    enum State: String, Encodable {
        /// New keys are wrapped under it.
        case current
        /// As `current`; not everything is wrapped under it yet.
        case rotating
        /// Something may be wrapped under it.
        case old
        /// Nothing is wrapped under it, and its key lies no more in its place.
        case away
        case retired
    }

    var version: Int
    var provider: String
    var place: String
    var state: State
    var created: Date
    var rotated: Date?
    var retired: Date?
    var contentKeys: Int
    var secrets: Int
    var keySeeds: Int
    /// The audit log's signing key.
    var auditKeys: Int

    init(_ record: KEKVersionRecord, isCurrent: Bool, usage: KEKUsage?, _ keks: InstalledKEKs) {
        version = record.version.rawValue
        provider = record.provider.rawValue
        place = keks.place(of: record)
        created = record.created
        rotated = record.completed
        retired = record.retired
        contentKeys = usage?.contentKeys ?? 0
        secrets = usage?.secrets ?? 0
        keySeeds = usage?.keySeeds ?? 0
        auditKeys = usage?.auditKeys ?? 0
        state =
            if record.retired != nil {
                .retired
            } else if isCurrent {
                record.completed == nil ? .rotating : .current
            } else {
                keks.isThere(record) ? .old : .away
            }
    }

    static let heading = ["VERSION", "PROVIDER", "STATE", "CREATED", "KEYS", "SECRETS", "SEEDS", "AUDIT", "RETIRED"]

    var row: [String] {
        [
            "\(version)", provider, state.rawValue, created.rfc3339, "\(contentKeys)", "\(secrets)",
            "\(keySeeds)", "\(auditKeys)", retired?.rfc3339 ?? "-",
        ]
    }
}
