import Foundation

/// Documentation/players.md: written by the test that runs all players, read by the one that runs some.
enum PlayerTable {
    static let file = Programs.repository.appendingPathComponent("Documentation/players.md")

    static var isThere: Bool { FileManager.default.fileExists(atPath: file.path) }

    /// Writes what was seen of a cell at once, so that it is kept when a run is ended.
    static func add(_ cell: PlayerCell, _ outcome: PlayerCell.Outcome) throws {
        let before = isThere ? try marks() : [:]
        let text = text(before.merging([cell: outcome.mark]) { $1 }, versions: try ownVersions())
        try Data(text.utf8).write(to: file, options: .atomic)
    }

    static func text(_ marks: [PlayerCell: String], versions: [PlayerCell.Player: String]) -> String {
        var text = """
            # Players

            Players that are not ours with every format and every scheme that the origin serves of one film (H.264 and AAC, ten seconds),
            as `KEYWAY_PLAYERS=write` ran them and wrote it down: `PlayerTests`. The ordinary tests run a part of it and hold it against
            this page, `KEYWAY_PLAYERS=all` all of it. How each is set up for daily use is in the [players cookbook](players-cookbook.md).

            | mark | |
            |---|---|
            | ✓ | plays: all pictures and all sound came out, by the hashes of decoded frames (Chromium: by their count); where it is encrypted, nothing came out without the token |
            | letter | does not play, or not all of it, for the reason below; the origin answered as it answers the others |

            | player | version | how the token is shown |
            |---|---|---|

            """
        for player in PlayerCell.Player.allCases {
            text += "| \(player.rawValue) | \(versions[player] ?? "?") | \(player.token) |\n"
        }
        let names = PlayerCell.Player.allCases.map(\.rawValue).joined(separator: " | ")
        text += "\n| format | encryption | \(names) |\n"
        text += "|---|---|\(String(repeating: ":-:|", count: PlayerCell.Player.allCases.count))\n"
        for (format, scheme) in PlayerCell.served {
            let row = PlayerCell.Player.allCases.map {
                marks[PlayerCell(player: $0, format: format, scheme: scheme)] ?? "?"
            }
            let name = scheme == .none ? "in the clear" : "`\(scheme.rawValue)`"
            text += "| `\(format.rawValue)` | \(name) | \(row.joined(separator: " | ")) |\n"
        }
        text += "\n## Why not\n\n| | |\n|---|---|\n"
        for reason in PlayerCell.Reason.allCases { text += "| \(reason.rawValue) | \(reason.words) |\n" }
        return text
    }

    /// By cell, the mark that the page has.
    static func marks() throws -> [PlayerCell: String] {
        var marks: [PlayerCell: String] = [:]
        for cells in try rows() where cells.count == PlayerCell.Player.allCases.count + 2 {
            let name = cells[1] == "in the clear" ? "none" : cells[1].replacing("`", with: "")
            guard let format = PlayerCell.Format(rawValue: cells[0].replacing("`", with: "")),
                let scheme = PlayerCell.Scheme(rawValue: name)
            else { continue }
            for (player, mark) in zip(PlayerCell.Player.allCases, cells.dropFirst(2)) {
                marks[PlayerCell(player: player, format: format, scheme: scheme)] = mark
            }
        }
        return marks
    }

    /// Those that the page has.
    static func versions() throws -> [PlayerCell.Player: String] {
        var versions: [PlayerCell.Player: String] = [:]
        for cells in try rows() where cells.count == 3 {
            if let player = PlayerCell.Player(rawValue: cells[0]) { versions[player] = cells[1] }
        }
        return versions
    }

    private static func rows() throws -> [[String]] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    private static func ownVersions() throws -> [PlayerCell.Player: String] {
        var versions: [PlayerCell.Player: String] = [:]
        for player in PlayerCell.Player.allCases {
            let said = try run(Programs.outside(player.version[0]), Array(player.version.dropFirst())).text
            versions[player] = said.split(whereSeparator: { " \n".contains($0) }).map(String.init).first {
                $0.first?.isNumber == true
            }
        }
        return versions
    }
}
