import Foundation
import TestSupport
import Testing

/// The guides to delivery policies and streaming endpoints: their documents are applied, their tables held against the
/// origin, their shell lines run.
@Suite(.waiting) struct DeliveryGuideTests {
    private static func page(_ name: String) throws -> String {
        try String(
            contentsOf: Programs.repository.appendingPathComponent("Documentation/\(name)"), encoding: .utf8)
    }

    private static func blocks(_ text: String, _ language: String) -> [String] {
        text.components(separatedBy: "```\(language)\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    }

    /// A section of the guide: its documents, which policies its table is under, and what the table says.
    private struct Section {
        var documents: String
        var policies: [String]
        var rows: [(url: String, status: Int)]
        var encrypts: Bool
    }

    private static func sections() throws -> [Section] {
        try page("delivery-policies.md").components(separatedBy: "\n## ").dropFirst().map { text in
            let documents = blocks(text, "yaml").joined(separator: "---\n")
            let own = documents.split(separator: "\n").filter { $0.hasPrefix("name: ") }.map { String($0.dropFirst(6)) }
            let lines = text.split(separator: "\n").filter { $0.hasPrefix("| ") }
            let head = try #require(lines.first { $0.hasPrefix("| URL") })
            let named = head.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
            let rows = lines.filter { $0.hasPrefix("| `") }.map { line -> (String, Int) in
                let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
                return (cells[0].replacing("`", with: ""), cells[1] == "✓" ? 200 : Int(cells[1]) ?? 0)
            }
            return Section(
                documents: documents, policies: named.isEmpty ? own : named, rows: rows,
                encrypts: !own.contains("open"))
        }
    }

    @Test func everyURLOfThePoliciesGuide() throws {
        let data = try DataFolder()
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        let server = try RunningServer(data)
        let sections = try Self.sections()
        #expect(sections.count == 6)
        for (number, section) in sections.enumerated() {
            #expect(section.rows.count >= 2)
            try data.must("apply", try data.folder.write("\(number).yaml", Data(section.documents.utf8)))
            // Each has an asset of its own: an asset's tracks keep the keys that they first had.
            try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film-\(number)")
            let policies = section.policies.flatMap { ["--delivery", $0] }
            let outcome = try run(
                Programs.own("keyway"),
                ["publish", "film-\(number)", "--json"] + policies
                    + (section.encrypts ? ["--auth", "demo-viewers"] : []),
                environment: data.environment)
            #expect(outcome.status == 0, "\(section.policies): \(outcome.errors)")
            let locator = try #require(try outcome.json()["locator"] as? String)
            for (url, status) in section.rows {
                let answer = try curl("\(server.origin)/\(locator)/film-\(number).ism/\(url)", "-L")
                #expect(answer.status == status, "\(section.policies) \(url)")
            }
        }
    }

    @Test func theEndpointOfTheGuideAndItsShellLine() throws {
        let page = try Self.page("streaming-endpoints.md")
        let site = try EndpointSite.shared.get()
        try site.data.must("secret", "set", "url-key-next", input: Data(repeating: 0x77, count: 32))
        let yaml = try #require(Self.blocks(page, "yaml").first)
        // This machine asks, and the name is another test's.
        let document = yaml.replacing("name: media", with: "name: of-the-guide")
            .replacing("media.example.com", with: "of-the-guide.example").replacing(
                "203.0.113.0/24", with: "127.0.0.0/8")
        try site.data.must("apply", try site.data.folder.write("guide.yaml", Data(document.utf8)))
        usleep(1_000_000)
        let folder = try Folder()
        _ = try folder.write("key.hex", Data("hex:\(EndpointSite.secret)\n".utf8))
        let locator = String(site.film.split(separator: "/")[0])
        let shell = try run(
            "/bin/sh", ["-euc", try #require(Self.blocks(page, "sh").first)], environment: ["LOCATOR": locator],
            workingFolder: URL(fileURLWithPath: folder.path))
        let query = shell.text.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(query.hasPrefix("kw=exp="), "\(shell.errors)")
        let url = site.film + EndpointSite.folder + "/0.m4s"
        for answer in try site.both("\(url)?\(query)", of: "of-the-guide") {
            #expect(answer.status == 200)
            #expect(answer.headers["x-robots-tag"] == "none")
        }
        for answer in try site.both(url, of: "of-the-guide") { #expect(answer.status == 403) }
        // The verb makes the same text.
        let signed = try site.data.must(
            "endpoint", "sign", "/\(locator)/", "--endpoint", "of-the-guide", "--expires", "2h")
        #expect(signed.text.contains("query   kw=exp=") && signed.text.contains("~pre=/\(locator)/~hmac="))
        #expect(signed.text.contains("Path=/\(locator)/"))
    }
}
