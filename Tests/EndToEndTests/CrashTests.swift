import Foundation
import Glibc
import TestSupport
import Testing

/// A server or an encoder that is killed in the middle of an encode loses nothing and leaves nothing half-made.
@Suite(.serialized, .waiting) struct CrashTests {
    /// A clip that takes some seconds to encode.
    private func longClip(_ folder: Folder) throws -> String {
        let outcome = try run(
            Programs.outside("ffmpeg"),
            ["-v", "error", "-stream_loop", "2", "-i", Programs.clip(), "-c", "copy", folder.path + "/film.mp4"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return folder.path + "/film.mp4"
    }

    /// The encoder child of a process, once it has one.
    private func child(of parent: pid_t, until isOver: () -> Bool) -> pid_t? {
        for round in 0..<3000 {
            if round % 50 == 49, isOver() { return nil }
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
                guard let process = pid_t(name),
                    let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                    stat.contains("(keyway-encoder)"),
                    stat.components(separatedBy: ") ").last?.split(separator: " ").dropFirst().first == "\(parent)"
                else { continue }
                return process
            }
            usleep(20_000)
        }
        return nil
    }

    /// A server that encodes a film, and its encoder. A busy machine may come to look when the film is made: then another one is.
    private func encoding(_ folder: Folder) throws -> (data: DataFolder, server: RunningServer, encoder: pid_t) {
        let clip = try longClip(folder)
        var told = ""
        for _ in 0..<5 {
            let data = try DataFolder()
            let server = try RunningServer(data)
            try data.must("encode", clip, "--asset", "film", "--detach")
            let found = child(of: server.process.processIdentifier) { (try? data.assets()) == ["film"] }
            if let found, try data.assets() == [] { return (data, server, found) }
            told = story(of: data, server)
            server.stop()
        }
        throw ToolMissing(name: "an encoder at work (\(told))")
    }

    /// What became of a server that has no child.
    private func story(of data: DataFolder, _ server: RunningServer) -> String {
        let said = (try? String(contentsOf: server.errors, encoding: .utf8)) ?? ""
        let jobs = (try? data.keyway("job", "list", "--json").text) ?? ""
        return "runs: \(server.process.isRunning), says: \(said), jobs: \(jobs)"
    }

    private func ends(_ process: pid_t) -> Bool {
        for _ in 0..<3000 {
            if kill(process, 0) != 0 { return true }
            usleep(20_000)
        }
        return false
    }

    private func state(of data: DataFolder, attempts: Int) throws -> [String] {
        for _ in 0..<attempts {
            if try data.assets() == ["film"] { return ["film"] }
            usleep(250_000)
        }
        return try data.assets()
    }

    @Test func aKilledServerLosesNothing() throws {
        let folder = try Folder()
        let (data, server, encoder) = try encoding(folder)
        usleep(500_000)
        server.stop(SIGKILL)
        #expect(ends(encoder))
        #expect(try data.assets() == [])
        // The next server takes the job up again.
        let next = try RunningServer(data)
        defer { next.stop() }
        #expect(try state(of: data, attempts: 1200) == ["film"])
        let files = data.mediaFiles()
        #expect(!files.contains { $0.hasPrefix("staging/") })
        #expect(files.contains { $0.hasPrefix("assets/film/v1/") })
    }

    @Test func aKilledEncoderIsBegunAgain() throws {
        let folder = try Folder()
        let (data, server, encoder) = try encoding(folder)
        defer { server.stop() }
        usleep(500_000)
        #expect(try data.assets() == [])
        kill(encoder, SIGKILL)
        #expect(ends(encoder))
        #expect(try state(of: data, attempts: 1200) == ["film"])
        #expect(!data.mediaFiles().contains { $0.hasPrefix("staging/") })
        #expect(try data.must("job", "list", "--json").text.contains("\"state\" : \"finished\""))
    }

    @Test func aStoppedServerQueuesItsJobAgain() throws {
        let folder = try Folder()
        let (data, server, encoder) = try encoding(folder)
        server.stop(SIGTERM)
        #expect(server.process.terminationStatus == 0)
        #expect(ends(encoder))
        #expect(try data.assets() == [])
        let next = try RunningServer(data)
        defer { next.stop() }
        #expect(try state(of: data, attempts: 1200) == ["film"])
    }
}
