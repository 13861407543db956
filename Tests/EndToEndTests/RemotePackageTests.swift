import Foundation
import TestSupport
import Testing

/// Packages that a server makes, and packages that go below a SAS URL, are those of a folder on the machine, byte for byte.
@Suite(.serialized, .waiting) struct RemotePackageTests {
    private let forms: FormsSite
    private var site: Site { forms.site }
    private static let tokens = Result {
        let data = try FormsSite.shared.get().site.data
        return try Dictionary(
            ["reader", "operator"].map { role in
                let token = try data.must("admin", "token", "create", "packages-\(role)", "--role", role)
                return (role, token.text.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        ) { first, _ in first }
    }

    init() throws {
        forms = try FormsSite.shared.get()
    }

    private func arguments(_ base: String, _ more: [String]) -> [String] {
        ["package", "film", "--locator", String(base.split(separator: "/")[2])] + more
            + ["--keys-url", "https://keys.example", "--json"]
    }

    private func local(_ base: String, _ more: String...) throws -> Outcome {
        try run(Programs.own("keyway"), arguments(base, more), environment: site.data.environment)
    }

    private func remote(
        _ base: String, _ more: String..., through url: String? = nil, role: String = "operator"
    ) throws -> Outcome {
        try run(
            Programs.own("keyway"), arguments(base, more),
            environment: [
                "KEYWAY_URL": url ?? site.server.admin, "KEYWAY_TOKEN": try Self.tokens.get()[role] ?? "",
                "KEYWAY_DATA": "/nowhere",
            ])
    }

    private static func contents(_ folder: String) throws -> [String: Data] {
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(folder)/\($0)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        return try Dictionary(
            uniqueKeysWithValues: files.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
    }

    /// The report without what differs by where it went.
    private static func facts(_ outcome: Outcome) throws -> NSDictionary {
        var report = try outcome.json()
        report["folder"] = nil
        report["unchanged"] = nil
        return report as NSDictionary
    }

    @Test func whatAServerMakesIsWhatTheMachineMakes() throws {
        let folder = try Folder()
        for (number, base) in [forms.clear, forms.envelope, forms.cenc].enumerated() {
            let here = try local(base, "--output", "\(folder.path)/here\(number)")
            let there = try remote(base, "--output", "\(folder.path)/there\(number)")
            try #require(here.status == 0 && there.status == 0, "\(here.errors) \(there.errors)")
            #expect(try Self.facts(here) == Self.facts(there))
            let expected = try Self.contents("\(folder.path)/here\(number)")
            #expect(try !expected.isEmpty && Self.contents("\(folder.path)/there\(number)") == expected)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 6)
        #expect(try site.data.must("audit", "tail", "--lines", "1000").text.contains("assetPackaged"))
    }

    /// What an attempt left is gone on with, where it is right, and connections that break are no end.
    @Test func whatWasBrokenOffGoesOn() throws {
        let folder = try Folder()
        try #require(try local(forms.clear, "--output", folder.path + "/here").status == 0)
        let expected = try Self.contents(folder.path + "/here")
        let staging = folder.path + "/.there.partial"
        let segments = expected.keys.filter { $0.contains("/") }.sorted()
        for (number, name) in segments.prefix(6).enumerated() {
            let path = "\(staging)/\(name)"
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            var bytes = try #require(expected[name])
            // Three are whole, two are not what they were, one is on its way.
            if number == 3 { bytes[0] ^= 1 }
            if number == 4 { bytes.removeLast() }
            try bytes.write(to: URL(fileURLWithPath: number == 5 ? path + ".part" : path))
        }
        try FileManager.default.createDirectory(atPath: staging + "/v9", withIntermediateDirectories: true)
        try Data("of another version".utf8).write(to: URL(fileURLWithPath: staging + "/v9/0.m4s"))
        let proxy = try CuttingProxy(to: site.server.admin, cuts: 5, limit: 1000)
        let outcome = try remote(forms.clear, "--output", folder.path + "/there", through: proxy.url)
        try #require(outcome.status == 0, "\(outcome.errors)")
        #expect(proxy.cuts > 1)
        #expect(try outcome.json()["unchanged"] as? Int == 3)
        #expect(try Self.contents(folder.path + "/there") == expected)
        #expect(!FileManager.default.fileExists(atPath: staging))
    }

    @Test func refusalsAreToldAlike() throws {
        let folder = try Folder()
        for more in [
            ["--format", "flv"], ["--format", "fmp4-v20"], ["--encryption", "cenc"], ["--encryption", "x"],
        ] {
            let output = ["--output", folder.path + "/never"]
            let here = try run(
                Programs.own("keyway"), arguments(forms.clear, more + output), environment: site.data.environment)
            let there = try run(
                Programs.own("keyway"), arguments(forms.clear, more + output),
                environment: ["KEYWAY_URL": site.server.admin, "KEYWAY_TOKEN": try Self.tokens.get()["operator"] ?? ""])
            #expect(here.status == 65 && there.status == 65)
            #expect(here.errors == there.errors)
        }
        let reader = try remote(forms.clear, "--output", folder.path + "/never", role: "reader")
        #expect(reader.status == 77 && reader.errors.contains("it takes operator"))
        let content = "\(site.server.admin)/v1/assets/film/package/content"
        let operators = "Authorization: Bearer \(try Self.tokens.get()["operator"] ?? "")"
        let locator = String(forms.clear.split(separator: "/")[2])
        func ask(_ query: String, _ more: String...) throws -> Int {
            try curlWith(content + query, ["-g", "-H", operators] + more).status
        }
        #expect(try curl(content + "?locator=\(locator)&address=manifest(format=m3u8-cmaf)").status == 401)
        #expect(try ask("?locator=\(locator)&address=manifest(format=m3u8-cmaf)") == 200)
        #expect(try ask("?locator=\(locator)&address=manifest(format=m3u8-cmaf)", "-H", "If-Match: \"0\"") == 412)
        #expect(try ask("?locator=\(locator)&address=../x.ism/manifest(format=m3u8-cmaf)") == 422)
        #expect(try ask("?locator=x&address=y") == 422)
        #expect(try ask("?locator=\(UUID().uuidString.lowercased())&address=manifest(format=m3u8-cmaf)") == 422)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    private struct SAS {
        /// With `{file}`.
        var url: String
        var list: String
        func file(_ name: String) -> String {
            url.replacingOccurrences(of: "{file}", with: name.replacingOccurrences(of: "+", with: "%2B"))
        }
    }

    private func sas(_ asset: String, _ permissions: String) throws -> SAS {
        let policy = "sas-\(permissions.replacingOccurrences(of: ",", with: "-"))"
        try site.data.must("access-policy", "create", policy, "--permissions", permissions, "--duration", "1h")
        let made = try run(
            Programs.own("keyway"), ["locator", "create", asset, "--sas", "--access", policy, "--json"],
            environment: site.data.environment.merging([
                "KEYWAY_LISTEN_ORIGIN": String(site.server.origin.dropFirst("http://".count))
            ]) { $1 }
        ).json()
        return SAS(url: made["url"] as? String ?? "", list: made["listUrl"] as? String ?? "")
    }

    /// Into an asset of a server, by a URL of it: from the data folder and over the API, on a connection that is cut.
    @Test func filesGoBelowASASURL() throws {
        let folder = try Folder()
        try #require(
            try local(
                forms.envelope, "--format", "m3u8-aapl-v3", "--format", "m3u8-cmaf", "--output", folder.path + "/here"
            ).status == 0)
        let expected = try Self.contents(folder.path + "/here")
        #expect(expected.keys.contains { $0.contains("+") })
        try site.data.must("asset", "create", "packaged")
        let write = try sas("packaged", "write")
        let all = try sas("packaged", "read,write,list")
        let proxy = try CuttingProxy(to: site.server.origin, cuts: 3, limit: 100_000)
        let cut = all.url.replacingOccurrences(of: site.server.origin, with: proxy.url)
        let secret = try #require(all.url.split(separator: "?").last.map(String.init))
        let urlFile = try folder.write("url", Data((cut + "\n").utf8))
        let formats = ["--format", "m3u8-aapl-v3", "--format", "m3u8-cmaf"]
        let first = try remote(
            forms.envelope, formats[0], formats[1], formats[2], formats[3], "--sas-url-file", urlFile)
        try #require(first.status == 0, "\(first.errors)")
        #expect(proxy.cuts > 0)
        #expect(!first.text.contains(secret) && !first.errors.contains(secret) && !first.text.contains("sig="))
        #expect(
            try eventually {
                let list = try curl(all.list).member("files") as? [[String: Any]] ?? []
                return Set(list.compactMap { $0["name"] as? String }) == Set(expected.keys)
            })
        for (name, bytes) in expected { #expect(try curl(all.file(name)).body == bytes, "\(name)") }
        // Again, from the machine: all is there. By a URL that may not read, it cannot be told.
        let again = try run(
            Programs.own("keyway"), arguments(forms.envelope, formats + ["--sas-url-file", "-"]),
            input: Data(all.list.utf8), environment: site.data.environment)
        #expect(again.status == 0, "\(again.errors)")
        #expect(try again.json()["unchanged"] as? Int == expected.count)
        let blind = try run(
            Programs.own("keyway"), arguments(forms.envelope, formats + ["--sas-url-file", "-"]),
            input: Data(write.url.utf8), environment: site.data.environment)
        #expect(blind.status == 65 && blind.errors.contains("whether it is the same"))
        // A file with folders in its name comes back by the other ways, too.
        let name = try #require(expected.keys.first { $0.contains("+") })
        try site.data.must("asset", "download", "packaged", name, "-o", folder.path + "/one")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/one")) == expected[name])
        let there = try run(
            Programs.own("keyway"), ["asset", "download", "packaged", name, "-o", folder.path + "/two"],
            environment: ["KEYWAY_URL": site.server.admin, "KEYWAY_TOKEN": try Self.tokens.get()["operator"] ?? ""])
        #expect(there.status == 0, "\(there.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/two")) == expected[name])
        #expect(try site.data.must("asset", "verify", "packaged", "--json").status == 0)
    }

    @Test func whatMayNotWriteIsRefused() throws {
        try site.data.must("asset", "create", "unwritten")
        let read = try sas("unwritten", "read,list")
        for url in [read.url, read.url.replacingOccurrences(of: "sig=", with: "sig=A"), read.list] {
            let outcome = try run(
                Programs.own("keyway"), arguments(forms.clear, ["--sas-url-file", "-"]), input: Data(url.utf8),
                environment: site.data.environment)
            #expect(outcome.status == 77 && outcome.errors.contains("does not allow that"))
            #expect(!outcome.errors.contains("sig="))
        }
        for text in [
            "", "http://store.example/x?sig=1", "https://store.example/x", "https://u:p@store.example/x?sig=1",
        ] {
            let outcome = try run(
                Programs.own("keyway"), arguments(forms.clear, ["--sas-url-file", "-"]), input: Data(text.utf8),
                environment: site.data.environment)
            #expect(outcome.status == 65 && !outcome.errors.contains("sig=1"), "\(text)")
        }
        let shown = try local(forms.clear, "--output", "https://store.example/x?sig=1")
        #expect(shown.status == 64 && !shown.errors.contains("sig=1"))
        #expect(try (curl(read.list).member("files") as? [Any])?.isEmpty == true)
    }

    /// A store that is not Keyway's: one PUT a file, with the query kept.
    @Test func otherStoresTakeThem() throws {
        let folder = try Folder()
        let store = try StandIn("Package/store.py") {
            try Data("sv=2024&sig=a%2Bb%3D".utf8).write(to: $0.appending(path: "signature"))
        }
        defer { store.stop() }
        try #require(try local(forms.cenc, "--output", folder.path + "/here").status == 0)
        func put(_ query: String) throws -> Outcome {
            let url = try folder.write("url", Data("\(store.address)/container?\(query)".utf8))
            return try run(
                Programs.own("keyway"), arguments(forms.cenc, ["--sas-url-file", url]),
                environment: site.data.environment.merging(["TMPDIR": folder.path + "/tmp"]) { $1 })
        }
        // What a process that was killed has left an hour ago.
        let orphan = folder.path + "/tmp/keyway-package-orphan"
        try FileManager.default.createDirectory(atPath: orphan, withIntermediateDirectories: true)
        try Data("half".utf8).write(to: URL(fileURLWithPath: orphan + "/x.part"))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -3600)], ofItemAtPath: orphan)
        let wrong = try put("sv=2024&sig=other")
        #expect(wrong.status == 77 && !wrong.errors.contains("other"))
        let outcome = try put("sv=2024&sig=a%2Bb%3D")
        try #require(outcome.status == 0, "\(outcome.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/tmp").isEmpty)
        #expect(try outcome.json()["folder"] as? String == "\(store.address)/container")
        #expect(try Self.contents(store.folder.path + "/objects") == Self.contents(folder.path + "/here"))
        #expect(store.log().contains { $0.hasPrefix("BlockBlob application/dash+xml /container/manifest.mpd") })
        // What names others comes after them.
        #expect(store.log().suffix(2).allSatisfy { $0.contains("/container/m") })
    }
}
