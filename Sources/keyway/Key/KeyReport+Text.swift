import Administration
import Foundation
import KeyServer

extension KeyReport: Report {
    static let heading = ["KEY ID", "TYPE", "LABEL", "NAME", "AUTHORIZATION POLICY", "STATE", "CREATED"]

    var row: [String] {
        [keyId, type, label ?? "-", name ?? "-", authorizationPolicy ?? "-", state, created.rfc3339]
    }

    /// One line for each property that the key has.
    var text: String {
        let lines: [(String, String?)] = [
            ("key id", keyId), ("name", name), ("type", type), ("label", label),
            ("authorization policy", authorizationPolicy ?? "none: nobody receives the key"), ("state", state),
            ("not before", notBefore?.rfc3339), ("not after", notAfter?.rfc3339), ("deletion", deletion?.rfc3339),
            ("checksum", checksum), ("seed", seed), ("superseded by", supersededBy),
            ("KEK version", "\(kekVersion)"), ("created", created.rfc3339),
        ]
        return lines.compactMap { name, value in
            value.map { name.padding(toLength: 22, withPad: " ", startingAt: 0) + $0 }
        }.joined(separator: "\n")
    }
}

extension KeyPageReport: Report {
    var text: String {
        Table.render(KeyReport.heading, keys.map(\.row)) + (next.map { "\nmore follow: --after '\($0)'" } ?? "")
    }
}

extension KeySeedReport {
    static let heading = ["SEED", "TYPE", "AUTHORIZATION POLICY", "CREATED"]

    var row: [String] { [name, type, authorizationPolicy ?? "-", created.rfc3339] }
}
