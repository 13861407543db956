import Foundation
import TestSupport
import Testing

/// Media is stored encrypted or in the clear, served alike, and damage to what is stored is found.
@Suite(.serialized, .waiting) struct StorageTests {
    private func published(_ data: DataFolder) throws -> [String: String] {
        let policy = try data.folder.write(
            "p.yaml", Data("kind: DeliveryPolicy\nname: files\nprotocols: [progressive, hls]\nencryption: none\n".utf8))
        try data.must("apply", policy)
        let clip = Programs.clip("bigbuckbunny_720p.mp4")
        try data.must("asset", "upload", "locked", clip)
        try data.must("asset", "upload", "open", clip, "--storage-encryption", "off")
        return try Dictionary(
            ["locked", "open"].map { name in
                let json = try data.must("publish", name, "--delivery", "files", "--json").json()
                return (name, json["locator"] as? String ?? "")
            }
        ) { first, _ in first }
    }

    private func media(_ data: DataFolder, _ asset: String) -> URL {
        data.folder.url("media/assets/\(asset)/v1/track-0.cmaf")
    }

    @Test func theSameBytesAreServedEitherWayAndAlsoWhenReadsAreVerified() throws {
        let data = try DataFolder()
        let locators = try published(data)
        let open = try Data(contentsOf: media(data, "open"))
        let locked = try Data(contentsOf: media(data, "locked"))
        #expect(open.dropFirst(4).prefix(4) == Data("ftyp".utf8))
        #expect(locked.count == open.count)
        // Of random bytes one in 256 is equal by chance.
        #expect(zip(open, locked).count { $0 == $1 } < open.count / 64)
        var served: [Data] = []
        for verified in ["off", "on"] {
            let server = try RunningServer(data, environment: ["KEYWAY_STORAGE_VERIFY_READS": verified])
            for (asset, locator) in locators {
                let answer = try curl("\(server.origin)/\(locator)/\(asset).mp4")
                #expect(answer.status == 200)
                served.append(answer.body)
                let range = try curl("\(server.origin)/\(locator)/\(asset).mp4", "-r", "300000-500000")
                #expect(range.body == answer.body.subdata(in: 300_000..<500_001))
            }
            server.stop()
        }
        #expect(served.count == 4)
        #expect(Set(served).count == 1)
    }

    @Test func theConfigurationSaysHowMediaIsStored() throws {
        let data = try DataFolder(environment: ["KEYWAY_STORAGE_ENCRYPTION": "off"])
        try data.must("asset", "upload", "film", Programs.clip("exo_sample.mp4"))
        #expect(try Data(contentsOf: media(data, "film")).dropFirst(4).prefix(4) == Data("ftyp".utf8))
        try data.must("encode", Programs.clip("exo_sample.mp4"), "--asset", "coded", "--storage-encryption", "on")
        #expect(try Data(contentsOf: media(data, "coded")).dropFirst(4).prefix(4) != Data("ftyp".utf8))
        let wrong = try run(
            Programs.own("keyway"), ["asset", "upload", "film", Programs.clip("exo_sample.mp4")],
            environment: data.environment.merging(["KEYWAY_STORAGE_ENCRYPTION": "maybe"]) { $1 })
        #expect(wrong.status == 65)
        #expect(wrong.errors.contains("storage.encryption must be on or off"))
    }

    /// A bit of the media, of its tags and of its index, of each of two assets, here and over the admin API.
    @Test func verificationFindsAFlippedBitAndSaysWhere() throws {
        let data = try DataFolder()
        _ = try published(data)
        let token = try data.must("admin", "token", "create", "op", "--role", "operator").text
            .trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try data.keyway("asset", "verify").status == 0)
        let server = try RunningServer(data)
        defer { server.stop() }
        for asset in ["locked", "open"] {
            for (file, byte) in [("track-0.cmaf", 300_000), ("track-0.cmaf.tags", 17), ("track-1.index", 40)] {
                let url = data.folder.url("media/assets/\(asset)/v1/\(file)")
                let whole = try Data(contentsOf: url)
                var changed = whole
                changed[byte] ^= 0x10
                try changed.write(to: url)
                let local = try data.keyway("asset", "verify", asset, "--json")
                let remote = try run(
                    Programs.own("keyway"), ["asset", "verify", asset, "--json"],
                    environment: ["KEYWAY_URL": server.admin, "KEYWAY_TOKEN": token])
                #expect(local.status == 65)
                #expect(remote.status == 65)
                #expect(local.output == remote.output)
                let report = try (local.json()["assets"] as? [[String: Any]])?.first
                let damage = try #require(report?["damage"] as? [[String: Any]])
                #expect(damage.count == 1)
                #expect(damage.first?["file"] as? String == file)
                #expect(damage.first?["version"] as? Int == 1)
                if let start = damage.first?["start"] as? Int, let end = damage.first?["end"] as? Int {
                    #expect((start..<end).contains(byte))
                } else {
                    #expect(file.hasSuffix(".index"))
                }
                try whole.write(to: url)
            }
        }
        #expect(try data.keyway("asset", "verify", "locked", "open").status == 0)
        #expect(try data.keyway("asset", "verify", "nothing").status == 66)
    }

    @Test func readsThatAreVerifiedServeNothingDamaged() throws {
        let data = try DataFolder()
        let locators = try published(data)
        for asset in ["locked", "open"] {
            var media = try Data(contentsOf: media(data, asset))
            media[media.count / 2] ^= 1
            try media.write(to: self.media(data, asset))
        }
        let server = try RunningServer(data, environment: ["KEYWAY_STORAGE_VERIFY_READS": "on"])
        defer { server.stop() }
        for (asset, locator) in locators {
            // Refused, or broken off: never whole.
            let answer = try? curl("\(server.origin)/\(locator)/\(asset).mp4")
            #expect(answer == nil || answer?.status != 200)
        }
    }
}
