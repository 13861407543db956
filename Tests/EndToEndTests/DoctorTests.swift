import Foundation
import Glibc
import TestSupport
import Testing

/// `keyway doctor` on a folder that is well, and with each thing made wrong.
@Suite(.serialized, .waiting) struct DoctorTests {
    private struct Patient {
        let data: DataFolder
        let encoder: String

        init() throws {
            data = try DataFolder(environment: [
                "KEYWAY_LISTEN_ORIGIN": "127.0.0.1:0", "KEYWAY_LISTEN_ADMIN": "127.0.0.1:0",
            ])
            encoder = try Programs.own("keyway-encoder")
            try data.must("secret", "set", "demo-sts", input: Data("hex:\(String(repeating: "5a", count: 32))".utf8))
            try data.must("apply", "Policies", "Keys")
            try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "film")
            try data.must("publish", "film", "--auth", "demo-viewers", "--delivery", "hls-aes")
        }

        func path(_ name: String) -> String { data.folder.path + "/" + name }

        /// The states of a check's findings, and all that they say.
        func state(_ check: String, _ environment: [String: String] = [:], _ arguments: String...) throws -> [String] {
            let (findings, _) = try examine(environment, arguments)
            return findings.filter { $0["check"] as? String == check }.compactMap { $0["state"] as? String }
        }

        func examine(
            _ environment: [String: String] = [:], _ arguments: [String] = []
        ) throws -> (findings: [[String: Any]], status: Int32) {
            let outcome = try run(
                Programs.own("keyway"), ["doctor", "--json"] + arguments,
                environment: data.environment.merging(environment) { $1 })
            return (try outcome.json()["findings"] as? [[String: Any]] ?? [], outcome.status)
        }
    }

    private static let patient = Result { try Patient() }

    /// What a folder holds: sizes, times, modes, without what SQLite keeps beside a file that is read.
    private func picture(_ folder: String) throws -> String {
        try run(
            "/bin/sh",
            [
                "-c",
                "cd '\(folder)' && find . ! -name '*-shm' ! -name '*-wal' ! -path . -printf '%p %s %m %T@\\n' | sort",
            ]
        ).text
    }

    @Test func aHealthyFolderIsLookedAtAndNotChanged() throws {
        let patient = try Self.patient.get()
        let before = try picture(patient.path("media")) + picture(patient.path("kek"))
        let catalog = try Data(contentsOf: URL(fileURLWithPath: patient.path("catalog.sqlite")))
        let (findings, status) = try patient.examine()
        #expect(status == 0, "\(findings)")
        #expect(!findings.contains { $0["state"] as? String == "error" })
        let checks = Set(findings.compactMap { $0["check"] as? String })
        #expect(
            checks.isSuperset(of: [
                "configuration", "listeners", "files", "disk", "fileSystem", "catalog", "kek", "audit", "locators",
                "media",
                "clock", "descriptors", "lockedMemory", "coreDumps", "multiBuffer", "encoder",
            ]))
        let after = try picture(patient.path("media")) + picture(patient.path("kek"))
        #expect(after == before)
        #expect(try Data(contentsOf: URL(fileURLWithPath: patient.path("catalog.sqlite"))) == catalog)
        // While a server runs, too.
        let server = try RunningServer(patient.data)
        defer { server.stop() }
        let port = server.origin.split(separator: ":").last.map(String.init) ?? ""
        #expect(try patient.examine().status == 0)
        let listening = ["KEYWAY_LISTEN_ORIGIN": "127.0.0.1:\(port)"]
        #expect(try patient.state("listeners", listening) == ["ok", "ok"])
    }

    /// Makes something wrong, and mends it after.
    private func expect(
        _ check: String, _ state: String, _ harm: (Patient) throws -> Void, mend: (Patient) throws -> Void
    ) throws {
        let patient = try Self.patient.get()
        try harm(patient)
        let (findings, status) = try patient.examine()
        try mend(patient)
        let found = findings.filter { $0["check"] as? String == check }
        #expect(found.contains { $0["state"] as? String == state }, "\(check): \(findings)")
        #expect(found.filter { $0["state"] as? String != "ok" }.allSatisfy { $0["action"] is String })
        #expect(status == (state == "error" ? 65 : 0))
        #expect(try patient.examine().status == 0)
    }

    private func shell(_ command: String) throws {
        let outcome = try run("/bin/sh", ["-euc", command])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func eachDefectIsFound() throws {
        let media = "media/assets/film/v1"
        try expect(
            "media", "error", { try shell("mv '\($0.path(media))/track-1.cmaf' '\($0.path("away"))'") },
            mend: { try shell("mv '\($0.path("away"))' '\($0.path(media))/track-1.cmaf'") })
        try expect(
            "media", "error",
            {
                try shell(
                    "cp -p '\($0.path(media))/track-1.cmaf' '\($0.path("away"))'; truncate -s -1 '\($0.path(media))/track-1.cmaf'"
                )
            },
            mend: { try shell("mv '\($0.path("away"))' '\($0.path(media))/track-1.cmaf'") })
        try expect(
            "media", "error",
            {
                try shell(
                    "cp -p '\($0.path(media))/track-0.index' '\($0.path("away"))'; printf x | dd of='\($0.path(media))/track-0.index' bs=1 seek=40 conv=notrunc status=none"
                )
            },
            mend: { try shell("mv '\($0.path("away"))' '\($0.path(media))/track-0.index'") })
        try expect(
            "orphans", "warning", { try shell("mkdir -p -m 700 '\($0.path("media/assets/film/v7"))'") },
            mend: { try shell("rmdir '\($0.path("media/assets/film/v7"))'") })
        try expect(
            "staging", "warning",
            {
                try shell(
                    "mkdir -m 700 '\($0.path("media/staging/x"))'; touch -d '2 hours ago' '\($0.path("media/staging/x"))'"
                )
            },
            mend: { try shell("rmdir '\($0.path("media/staging/x"))'") })
        try expect(
            "files", "error", { try shell("chmod 644 '\($0.path("catalog.sqlite"))'") },
            mend: { try shell("chmod 600 '\($0.path("catalog.sqlite"))'") })
        try expect(
            "kek", "error", { try shell("mv '\($0.path("kek/kek-1.key"))' '\($0.path("away"))'") },
            mend: { try shell("mv '\($0.path("away"))' '\($0.path("kek/kek-1.key"))'") })
        try expect(
            "kek", "error",
            {
                try shell(
                    "cp -p '\($0.path("kek/kek-1.key"))' '\($0.path("away"))'; head -c 32 /dev/urandom > '\($0.path("kek/kek-1.key"))'"
                )
            },
            mend: { try shell("mv '\($0.path("away"))' '\($0.path("kek/kek-1.key"))'") })
        try expect(
            "restore", "error", { try shell("mkdir '\($0.path("restoring"))'") },
            mend: { try shell("rmdir '\($0.path("restoring"))'") })
    }

    @Test func damageOfTheCatalogIsFound() throws {
        let database = { (patient: Patient, sql: String) in
            try shell(
                "python3 -c \"import sqlite3; d = sqlite3.connect('\(patient.path("catalog.sqlite"))'); d.execute('''\(sql)'''); d.commit()\""
            )
        }
        let keep = { (patient: Patient) in
            // What is in the write-ahead log would stand over what is changed in the file.
            try database(patient, "PRAGMA wal_checkpoint(TRUNCATE)")
            try shell("cp -p '\(patient.path("catalog.sqlite"))' '\(patient.path("away"))'")
        }
        let mend = { (patient: Patient) in
            try shell(
                "rm -f '\(patient.path("catalog.sqlite-wal"))' '\(patient.path("catalog.sqlite-shm"))'; mv '\(patient.path("away"))' '\(patient.path("catalog.sqlite"))'"
            )
        }
        for (check, state, sql) in [
            (
                "audit", "error",
                "UPDATE auditBatch SET hashes = zeroblob(length(hashes)) WHERE first = (SELECT max(first) FROM auditBatch)"
            ),
            ("catalog", "error", "INSERT INTO grdb_migrations VALUES ('ofTheFuture')"),
            ("catalog", "error", "DELETE FROM contentKey WHERE kid IN (SELECT kid FROM keyAssignment)"),
            ("locators", "warning", "UPDATE locator SET end = unixepoch() + 86400"),
        ] {
            try expect(
                check, state,
                {
                    try keep($0)
                    try database($0, sql.replacing("SET end", with: "SET \\\"end\\\""))
                }, mend: mend)
        }
        try expect(
            "catalog", "error",
            { patient in
                try keep(patient)
                try shell(
                    "for p in 3 5 7 9 11 13; do head -c 2000 /dev/urandom | dd of='\(patient.path("catalog.sqlite"))' bs=4096 seek=$p conv=notrunc status=none; done"
                )
            }, mend: mend)
    }

    @Test func configurationListenersAndCertificates() throws {
        let patient = try Self.patient.get()
        #expect(try patient.state("configuration", ["KEYWAY_LIMITS_CONNECTIONS": "many"]) == ["error"])
        // Somebody else's port.
        let other = Process()
        other.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        other.arguments = [
            "-c",
            "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); c = s.accept()[0]; c.recv(99); c.send(b'HTTP/1.0 200 OK\\r\\n\\r\\n')",
        ]
        let output = Pipe()
        other.standardOutput = output
        try other.run()
        defer { other.terminate() }
        let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try patient.state("listeners", ["KEYWAY_LISTEN_ADMIN": "127.0.0.1:\(port)"]) == ["ok", "error"])
        #expect(try patient.state("listeners", ["KEYWAY_LISTEN_ADMIN": "192.0.2.1:8090"]) == ["ok", "error"])
        // Before the first backup, and not by it.
        #expect(try patient.state("backups") == [])
        #expect(try patient.state("backups", ["KEYWAY_BACKUPS_FOLDER": "/nowhere/at/all"]) == ["error"])
        let folder = try Folder()
        #expect(try patient.state("backups", ["KEYWAY_BACKUPS_FOLDER": folder.path]) == ["ok"])
        let server = try RunningServer(patient.data, environment: ["KEYWAY_BACKUPS_FOLDER": "/nowhere/at/all"])
        server.stop()
        let said = try String(contentsOf: server.errors, encoding: .utf8)
        #expect(said.contains("there is no folder '/nowhere/at/all', which backups.folder names"), "\(said)")
        func certificate(_ days: Int, _ name: String) throws -> [String: String] {
            let made = try run(
                Programs.outside("openssl"),
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
                    "-days", "\(days)",
                    "-keyout", folder.path + "/\(name).key", "-out", folder.path + "/\(name).pem",
                ])
            #expect(made.status == 0, "\(made.errors)")
            chmod(folder.path + "/\(name).key", 0o600)
            return [
                "KEYWAY_TLS_ORIGIN_CERTIFICATE": folder.path + "/\(name).pem",
                "KEYWAY_TLS_ORIGIN_KEY": folder.path + "/\(name).key",
            ]
        }
        var good = try certificate(90, "good")
        #expect(try patient.state("tls", good) == ["ok"])
        #expect(try patient.state("tls", certificate(3, "short")) == ["warning"])
        good["KEYWAY_TLS_ORIGIN_KEY"] = folder.path + "/short.key"
        #expect(try patient.state("tls", good) == ["error"])
        chmod(folder.path + "/short.key", 0o644)
        #expect(try patient.state("tls", certificate(3, "short")).first != "ok")
        good["KEYWAY_TLS_ORIGIN_CERTIFICATE"] = folder.path + "/none.pem"
        #expect(try patient.state("tls", good) == ["error"])
        // Servers elsewhere are asked only when that is wanted.
        let hosts = ["KEYWAY_KEY_SETS_HOSTS": "127.0.0.1:1"]
        #expect(try patient.state("upstreams", hosts) == ["ok"])
        #expect(try patient.state("upstreams", hosts, "--network") == ["error"])
        #expect(try patient.examine([:], ["--data", folder.path + "/none"]).status == 65)
    }

    /// The server says of itself what the command says on its machine, to who may know it.
    @Test func aServerExaminesItself() throws {
        let site = try AdminSite()
        let environment = ["KEYWAY_LISTEN_ORIGIN": "127.0.0.1:0", "KEYWAY_LISTEN_ADMIN": "127.0.0.1:0"]
        func local(_ arguments: String...) throws -> Outcome {
            try run(
                Programs.own("keyway"), ["doctor", "--json"] + arguments,
                environment: site.data.environment.merging(environment) { $1 })
        }
        /// What depends on the moment and the process is told apart by its check and state only.
        func facts(_ outcome: Outcome) throws -> [String] {
            let findings = try outcome.json()["findings"] as? [[String: Any]] ?? []
            let passing = ["disk", "clock", "descriptors", "lockedMemory"]
            return findings.map { finding in
                let check = finding["check"] as? String ?? ""
                let text = passing.contains(check) ? "" : finding["text"] as? String ?? ""
                return "\(finding["state"] ?? "") \(check) \(text)"
            }
        }
        let there = try site.remote(["doctor", "--json"], role: "operator")
        #expect(there.status == 0, "\(there.errors)")
        #expect(try facts(there) == facts(local()))
        #expect(try there.json()["dataFolder"] as? String == site.data.folder.path)
        let quiet = try site.remote(["doctor", "--quiet"], role: "operator")
        #expect(quiet.text.contains("0 errors") && !quiet.text.contains("ok  "))
        #expect(try site.remote(["doctor"], role: "reader").status == 77)
        #expect(try site.ask("GET", "/v1/doctor?auditRecords=x", token: site.tokens["operator"]).status == 400)

        let media = try #require(site.data.mediaFiles().first { $0.hasSuffix(".cmaf") })
        try FileManager.default.removeItem(atPath: site.data.folder.path + "/media/" + media)
        let ill = try site.remote(["doctor", "--quiet", "--json"], role: "operator")
        #expect(ill.status == 65)
        #expect(try facts(ill) == facts(local("--quiet")))
        #expect(try facts(ill).contains { $0.hasPrefix("error media") })
        // Nothing that leaves here opens anything; the harness holds keys and tokens against all output, too.
        for word in site.tokens.values { #expect(!there.text.contains(word)) }
    }
}
