import Foundation
import TestSupport
import Testing

/// What the guides to pipelines show is taken as they show it.
@Suite(.waiting) struct PipelineGuideTests {
    private func blocks(_ page: String) throws -> [String] {
        let text = try String(
            contentsOf: Programs.repository.appendingPathComponent("Documentation/\(page)"), encoding: .utf8)
        return text.components(separatedBy: "```yaml\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    }

    private func site() throws -> DataFolder {
        let data = try DataFolder()
        try data.must("secret", "set", "hook", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
        try data.must("apply", "Policies", "Keys")
        return data
    }

    @Test(arguments: ["pipeline.md", "writing-transforms.md"]) func wholeDocumentsAreTaken(page: String) throws {
        let data = try site()
        let documents = try blocks(page).filter { $0.hasPrefix("kind: ") }
        #expect(!documents.isEmpty)
        for document in documents {
            try data.must("apply", try data.folder.write("document.yaml", Data(document.utf8)))
        }
    }

    /// Tasks that are shown alone stand in a transform that has what they come after.
    @Test func tasksThatAreShownAreTaken() throws {
        let data = try site()
        let tasks = try blocks("writing-transforms.md").filter { $0.hasPrefix("  - kind: ") }
        #expect(tasks.count == 2)
        for task in tasks {
            let before =
                task.contains("after: [publish]")
                ? "  - { kind: encode, preset: adaptive }\n"
                    + "  - { kind: publish, after: [encode], deliveryPolicies: [dash-cenc], verify: off }\n" : ""
            let document = "kind: Transform\nname: shown\ntasks:\n\(before)\(task)"
            try data.must("apply", try data.folder.write("task.yaml", Data(document.utf8)))
        }
    }

    /// `pipeline.md`: the job of its transform, by its command, to its end.
    @Test func theJobOfTheGuideEnds() throws {
        let data = try site()
        // Without the receiver that another guide has.
        let document = try #require(try blocks("pipeline.md").first).replacing(
            "  - { kind: notify, after: [publish], endpoint: office }\n", with: "")
        try data.must("apply", try data.folder.write("films.yaml", Data(document.utf8)))
        let job =
            try data.must(
                "job", "submit", "--transform", "films", "--asset", "film", Programs.clip("exo_sample.mp4"),
                "--correlation", "order=42", "--json"
            ).json()["job"] as? [String: Any]
        let id = try #require(job?["id"] as? String)
        let server = try RunningServer(data)
        defer { server.stop() }
        #expect(
            try eventually(within: 300) {
                let shown = try data.must("job", "show", id, "--json").json()["job"] as? [String: Any]
                return shown?["state"] as? String == "finished"
            })
        #expect(try data.must("locator", "list", "--json").text.contains("\"film\""))
    }
}
