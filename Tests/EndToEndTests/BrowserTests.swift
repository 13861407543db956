import Foundation
import Glibc
import TestSupport
import Testing

/// A real browser plays the demo's streams with a token and not without.
@Suite(.serialized, .waiting) struct BrowserTests {
    /// `keyway demo`, up and proved.
    private final class Demo {
        let process = Process()
        let data: DataFolder
        let output: URL

        init() throws {
            data = try DataFolder()
            output = data.folder.url("demo.out")
            try Data().write(to: output)
            process.executableURL = URL(fileURLWithPath: try Programs.own("keyway"))
            process.arguments = ["demo"]
            process.currentDirectoryURL = Programs.repository
            process.environment = ProcessInfo.processInfo.environment.merging([
                "KEYWAY_DATA": data.folder.path, "KEYWAY_LISTEN_ORIGIN": "127.0.0.1:0",
                "KEYWAY_LISTEN_ADMIN": "127.0.0.1:0", "KEYWAY_URL": "", "DEMO_EXIT": "",
            ]) { $1 }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = FileHandle(forWritingAtPath: output.path)
            try process.run()
        }

        func text() -> String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

        func page() throws -> String {
            for _ in 0..<3000 {
                if let line = text().split(separator: "\n").first(where: { $0.hasPrefix("Watch it: ") }) {
                    return String(line.dropFirst(10))
                }
                if !process.isRunning { break }
                usleep(100_000)
            }
            throw ToolMissing(name: "the demo's player page; the demo said: \(text())")
        }

        deinit {
            if process.isRunning { kill(process.processIdentifier, SIGTERM) }
            process.waitUntilExit()
        }
    }

    @Test func theBrowserPlaysWithATokenAndNotWithout() throws {
        let demo = try Demo()
        let page = try demo.page()
        let proof = demo.text()
        for line in ["m3u8-aapl, envelope", "m3u8-cmaf, cbcs", "mpd-time-cmaf, cenc"] {
            #expect(proof.contains("proved  \(line)"))
        }
        #expect(proof.contains("refused without a token: 401"))
        for (stream, token, verdict) in [
            ("dash-cenc", "valid", "playing"), ("hls-cbcs", "valid", "playing"), ("hls-aes", "valid", "playing"),
            ("dash-cenc", "none", "refused"), ("hls-aes", "expired", "refused"), ("hls-cbcs", "forged", "refused"),
        ] {
            let script = Programs.repository.appendingPathComponent("Tests/Browser/play.py").path
            let outcome = try run(
                Programs.outside("python3"),
                [
                    script, "--url", page, "--stream", stream, "--token", token, "--expect", verdict, "--chromedriver",
                    Programs.outside("chromedriver"), "--chromium", Programs.outside("chromium"),
                ])
            #expect(outcome.status == 0, "\(stream) with \(token): \(outcome.text) \(outcome.errors)")
        }
    }
}
