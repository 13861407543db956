import Foundation
import TestSupport
import Testing

/// `make install`: programs that work where they were put, units that systemd understands, and a configuration that stays.
@Suite(.waiting) struct InstallTests {
    private static let script = Programs.repository.appendingPathComponent("scripts/install.sh").path

    private func install(_ folder: Folder) throws -> Outcome {
        let build = try URL(fileURLWithPath: Programs.own("keyway")).deletingLastPathComponent().path
        return try run(
            "/bin/bash", [Self.script],
            environment: ["BUILD": build, "DESTDIR": folder.path, "PREFIX": "/usr"])
    }

    @Test func programsWorkWhereTheyWerePut() throws {
        let folder = try Folder()
        let outcome = try install(folder)
        try #require(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("packages that they need: ") && outcome.errors.contains("libssl3"))
        let programs = folder.url("usr/bin")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: programs.path).sorted()
                == ["keyway", "keyway-encoder", "keyway-keys", "keyway-origin"])

        // The encoder is found beside the program, and the configuration is one that it takes.
        let data = folder.path + "/data"
        let configuration = folder.path + "/etc/keyway/keyway.yaml"
        let encoded = try run(
            programs.appendingPathComponent("keyway").path,
            ["encode", Programs.clip("exo_sample.mp4"), "--asset", "film", "--data", data, "--config", configuration])
        #expect(encoded.status == 0, "\(encoded.errors)")

        // An operator's words are kept.
        let own = "listen: { admin: \"127.0.0.1:9\" }\n"
        try own.write(toFile: configuration, atomically: true, encoding: .utf8)
        #expect(try install(folder).status == 0)
        #expect(try String(contentsOfFile: configuration, encoding: .utf8) == own)
    }

    @Test func unitsAreUnderstood() throws {
        let folder = try Folder()
        try #require(try install(folder).status == 0)
        let units = folder.url("usr/lib/systemd/system")
        let names = try FileManager.default.contentsOfDirectory(atPath: units.path).sorted()
        #expect(names == ["keyway-keys.service", "keyway-origin.service", "keyway.service"])
        for name in names {
            let path = units.appendingPathComponent(name).path
            let unit = try String(contentsOfFile: path, encoding: .utf8)
            #expect(!unit.contains("@BIN@") && !unit.contains("@PROGRAM@"))
            let line = try #require(unit.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
            let words = line.dropFirst("ExecStart=".count).split(separator: " ").map(String.init)
            let help = try run(
                folder.path + words[0], [words[1] == "serve" ? "serve" : "", "--help"].filter { !$0.isEmpty })
            #expect(help.status == 0)
            for option in words where option.hasPrefix("--") {
                #expect(help.text.contains(option), "\(name): \(option)")
            }
        }
    }

    /// Every line is one that systemd knows, and what it thinks of them is what the guide says.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")))
    func systemdKnowsEveryLine() throws {
        let folder = try Folder()
        try #require(try install(folder).status == 0)
        for name in ["keyway", "keyway-keys", "keyway-origin"] {
            let unit = folder.path + "/usr/lib/systemd/system/\(name).service"
            let verified = try run("/usr/bin/systemd-analyze", ["verify", unit])
            let complaints = (verified.text + verified.errors).split(separator: "\n").filter {
                $0.contains("\(name).service:") && !$0.contains("is not executable")
            }
            #expect(complaints == [])
            let rated = try run("/usr/bin/systemd-analyze", ["security", "--offline=yes", unit])
            #expect(rated.text.contains("Overall exposure level for \(name).service: 1.5 OK"))
        }
    }
}
