import Administration
import ArgumentParser
import KeyServer

struct KEKStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the versions, where they are, and how much is wrapped under each.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform(ShowKEKs()).print(json: common.json)
    }
}

extension ShowKEKs.Report: Report {
    private static let heading = [
        "VERSION", "PROVIDER", "STATE", "CREATED", "KEYS", "SECRETS", "SEEDS", "AUDIT", "RETIRED",
    ]

    var text: String {
        let rows = versions.map { version in
            [
                "\(version.version)", version.provider, version.state.rawValue, version.created.rfc3339,
                "\(version.contentKeys)", "\(version.secrets)", "\(version.keySeeds)", "\(version.auditKeys)",
                version.retired?.rfc3339 ?? "-",
            ]
        }
        return Table.render(Self.heading, rows) + "\nnew versions are made by: \(provider)"
    }
}
