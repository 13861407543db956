import Administration
import ArgumentParser
import KeyServer

struct KEKStatus: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the versions, where they are, and how much is wrapped under each.")

    @OptionGroup var common: CommonOptions

    func verb() -> ShowKEKs { ShowKEKs() }
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
