import Foundation
import TestSupport
import Testing

/// Jobs in an operator's hands.
@Suite(.waiting) struct PipelineControlTests {
    private let clip = Programs.clip("exo_sample.mp4")

    @Test func jobsArePausedResumedAndCanceled() throws {
        let site = try PipelineSite()
        let paused = try site.submit("paused", clip)
        try site.data.must("job", "pause", paused)
        let canceled = try site.submit("canceled", Programs.clip())
        let server = try RunningServer(site.data)
        defer { server.stop() }
        // The later one is begun, and ended in the middle.
        #expect(try eventually { try site.task("encode", of: canceled)["state"] as? String == "processing" })
        try site.data.must("job", "cancel", canceled)
        #expect(try eventually { try site.state(canceled) == "canceled" })
        #expect(try site.task("encode", of: canceled)["state"] as? String == "canceled")
        #expect(try site.task("probe", of: paused)["state"] as? String == "queued")
        try site.data.must("job", "resume", paused)
        #expect(try eventually { try site.state(paused) == "finished" })
        #expect(try site.data.assets() == ["paused"])
        #expect(try site.data.keyway("job", "cancel", paused).status != 0)
        // What was canceled begins again where somebody says so.
        try site.data.must("job", "retry", canceled)
        #expect(try eventually(within: 300) { try site.state(canceled) == "finished" })
    }

    /// All jobs' events in one stream, and none for who shows no token.
    @Test func oneStreamTellsOfAllJobs() throws {
        let site = try PipelineSite()
        let server = try RunningServer(site.data)
        defer { server.stop() }
        let ids = [try site.submit("one", clip), try site.submit("two", clip)]
        #expect(try eventually(within: 300) { try ids.allSatisfy { try site.state($0) == "finished" } })
        let reader = try site.data.must("admin", "token", "create", "r", "--role", "reader").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try curl(server.admin + "/v1/events").status == 401)
        // It does not end by itself.
        let stream = try run(
            Programs.outside("curl"),
            [
                "-sN", "-m", "3", "-H", "Authorization: Bearer \(reader)", "-H", "Last-Event-ID: 0",
                server.admin + "/v1/events",
            ])
        let lines = stream.text.split(separator: "\n")
        for id in ids {
            #expect(lines.contains { $0.hasPrefix("data:") && $0.contains(id) && $0.contains("finished") })
        }
        let numbers = lines.compactMap { $0.hasPrefix("id: ") ? Int($0.dropFirst(4)) : nil }
        #expect(!numbers.isEmpty && numbers == numbers.sorted())
    }

    @Test func jobsThatEndedAreKeptAsLongAsItIsSaid() throws {
        let site = try PipelineSite(environment: ["KEYWAY_JOBS_KEEP": "1s"])
        let id = try site.submit("film", clip)
        try site.data.must("job", "watch", id)
        usleep(1_500_000)
        let server = try RunningServer(site.data)
        defer { server.stop() }
        #expect(try eventually { try site.data.keyway("job", "show", id).status == 66 })
        #expect(try site.data.assets() == ["film"])
    }
}
