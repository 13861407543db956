import Administration

extension KeyReport: Report {
    static let heading = ["KEY ID", "TYPE", "NAME", "AUTHORIZATION POLICY", "STATE", "CREATED"]

    var row: [String] {
        [
            keyId, type, name ?? "-", authorizationPolicy ?? "-", enabled ? "enabled" : "disabled", created.rfc3339,
        ]
    }

    var text: String { Table.render(Self.heading, [row]) }
}

extension ListKeys.Report: Report {
    var text: String { Table.render(KeyReport.heading, keys.map(\.row)) }
}
