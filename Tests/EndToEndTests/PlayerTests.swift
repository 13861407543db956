import Foundation
import TestSupport
import Testing

/// Players of others with every format and scheme. `KEYWAY_PLAYERS`: `all`, which `KEYWAY_TESTS=all` implies, runs all of them;
/// `write` those that the page lacks or says fail, and writes each down as it is seen, so that a run that was ended goes on where
/// it was.
@Suite(.waiting) struct PlayerTests {
    private static let extent = Extent.said(by: "KEYWAY_PLAYERS")
    private static let isWhole = ["all", "write"].contains(extent)

    @Test(.enabled(if: !isWhole)) func theSamplePlaysAsThePageSays() throws {
        let site = try PlayerSite()
        let page = try PlayerTable.marks()
        for cell in Extent.sample(PlayerCell.sample, every: 3) {
            let outcome = try site.see(cell)
            #expect(outcome == cell.expected, "\(cell)")
            #expect(page[cell] == outcome.mark, "the page says otherwise of \(cell)")
        }
    }

    /// Nothing of the page is by hand: its marks are what is known of each, its words are the table's.
    @Test(.enabled(if: extent != "write")) func thePageOfPlayersIsWhole() throws {
        let page = try PlayerTable.marks()
        for cell in PlayerCell.all { #expect(page[cell] == cell.expected.mark, "\(cell)") }
        let text = PlayerTable.text(page, versions: try PlayerTable.versions())
        #expect(try String(contentsOf: PlayerTable.file, encoding: .utf8) == text)
    }

    @Test(.enabled(if: isWhole)) func allPlayAsThePageSays() throws {
        let site = try PlayerSite()
        let isWriting = Self.extent == "write"
        let known = isWriting && PlayerTable.isThere ? try PlayerTable.marks() : [:]
        for cell in PlayerCell.all where ["✗", "?", nil].contains(known[cell]) {
            let outcome = try site.see(cell)
            print("\(Date.now.ISO8601Format()) \(cell): \(outcome)")
            if isWriting { try PlayerTable.add(cell, outcome) }
            #expect(outcome == cell.expected, "\(cell)")
            #expect(try PlayerTable.marks()[cell] == outcome.mark, "the page says otherwise of \(cell)")
        }
    }
}

/// One film under every scheme, and in the clear.
private final class PlayerSite {
    private let data: DataFolder
    private let server: RunningServer
    private let token: String
    private let protected: String
    private let open: String
    private let keys: [PlayerCell.Scheme: String]

    private static let film = Programs.clip("bbb_prog_10s.mp4")

    init() throws {
        let data = try DataFolder()
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        try data.must(
            "apply", try data.folder.write("policies.yaml", Data(CombinationViewer.policies.utf8)))
        try data.must("asset", "upload", "film", Self.film)
        let published = try data.must(
            "publish", "film", "--auth", "demo-viewers", "--delivery", "combinations-cbc", "--delivery",
            "combinations-cenc", "--delivery", "combinations-cbcs", "--json"
        ).json()
        let clear = try data.must("publish", "film", "--delivery", "combinations-clear", "--json").json()
        let tracks = try data.must("asset", "show", "film", "--json").json()["tracks"] as? [[String: Any]] ?? []
        let pictures = try #require(tracks.compactMap { $0["name"] as? String }.first { $0.hasPrefix("video") })
        let token = try data.must("token", "issue", "--policy", "demo-viewers", "--lifetime", "1h").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let server = try RunningServer(data)
        protected = "\(server.origin)/\(published["locator"] as? String ?? "")/film"
        open = "\(server.origin)/\(clear["locator"] as? String ?? "")/film"
        var keys: [PlayerCell.Scheme: String] = [:]
        for scheme in [PlayerCell.Scheme.cenc, .cbcs] {
            let header = try curl("\(protected).ism/v1/\(scheme.rawValue)/cmaf/\(pictures)/init.mp4").body
            keys[scheme] = try MediaProbe.clearKey(for: header, origin: server.origin, token: token).key
        }
        keys[.piff] = keys[.cenc]
        self.keys = keys
        self.data = data
        self.server = server
        self.token = token
    }

    /// What comes of a cell: with the token, and of what is encrypted without.
    func see(_ cell: PlayerCell) throws -> PlayerCell.Outcome {
        let seen = try play(cell, isViewer: true)
        let isAll = seen.pictures == "all" && seen.sound == "all"
        if cell.scheme != .none {
            let without = try play(cell, isViewer: false)
            guard without.pictures == "none", without.sound == "none" else { return .fails("plays without a token") }
        }
        if isAll { return .plays }
        guard case .limited(let reason) = cell.expected,
            reason.said.isEmpty || reason.said.contains(where: { seen.said.contains($0) }),
            (reason == .lostPicture) == (seen.pictures == "all but one" && seen.sound == "all")
        else { return .fails("pictures: \(seen.pictures), sound: \(seen.sound): \(seen.said.suffix(600))") }
        return .limited(reason)
    }

    private struct Seen: Decodable {
        var pictures: String
        var sound: String
        var said: String
    }

    private func play(_ cell: PlayerCell, isViewer: Bool) throws -> Seen {
        let isFile = cell.format == .progressive
        let scheme = cell.scheme == .none ? "" : ",encryption=\(cell.scheme.rawValue)"
        let url =
            (cell.scheme == .none ? open : protected)
            + (isFile ? ".mp4" : ".ism/manifest(format=\(cell.format.rawValue)\(scheme))")
        let outcome = try run(
            Programs.outside("python"),
            [
                Programs.repository.appendingPathComponent("Tests/Players/players.py").path, cell.player.rawValue,
                Self.film, url,
            ], environment: isViewer ? ["TOKEN": token, "KEY": keys[cell.scheme] ?? ""] : [:])
        guard outcome.status == 0 else { throw CombinationFailed("\(cell): \(outcome.errors.suffix(600))") }
        return try JSONDecoder().decode(Seen.self, from: outcome.output)
    }
}
