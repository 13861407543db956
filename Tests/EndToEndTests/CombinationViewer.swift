import Foundation

/// Asks for a combination as a player does, and lets programs that are not ours decrypt and decode what comes.
final class CombinationViewer: Sendable {
    private typealias Failed = CombinationFailed

    /// One track as `Tests/Combinations/tracks.py` leaves it.
    private struct Track: Decodable {
        var name: String
        var kind: String
        var playlist: String?
        var file: String?
        /// Its segments as they are sent, of SAMPLE-AES in MPEG-TS.
        var joined: String?
        /// When its fragments say that it begins; nil in Smooth Streaming, whose fragments say no times.
        var start: Double?
    }

    private let site: UploadSite
    private let asset: UploadSite.Asset
    private let input: Upload
    /// `http://…/{locator}/{asset}`, under all schemes and in the clear.
    private let protected: String
    private let open: String
    /// What decodes alike is decoded once: of a source, of the same bytes.
    private let memory = Memory()

    /// Everything out in the clear, and under each scheme.
    static let policies = """
        kind: DeliveryPolicy
        name: combinations-clear
        protocols: [hls, dash, smooth, progressive]
        encryption: none
        ---
        kind: DeliveryPolicy
        name: combinations-cbc
        protocols: [hls, dash, smooth]
        encryption: envelope
        ---
        kind: DeliveryPolicy
        name: combinations-cenc
        protocols: [hls, dash, smooth]
        encryption: cenc
        signalling: [clearkey, playready]
        ---
        kind: DeliveryPolicy
        name: combinations-cbcs
        protocols: [hls, dash, smooth]
        encryption: cbcs
        """

    static func apply(_ site: UploadSite) throws {
        try site.data.must("apply", try site.data.folder.write("combinations.yaml", Data(policies.utf8)))
    }

    init(_ site: UploadSite, _ input: Upload) throws {
        self.site = site
        self.input = input
        guard let asset = site.assets[input] else { throw CombinationFailed("no asset \(input.rawValue)") }
        self.asset = asset
        func publish(_ options: [String]) throws -> String {
            let arguments = ["publish", input.rawValue] + options.flatMap { ["--delivery", "combinations-\($0)"] }
            let outcome = try run(
                Programs.own("keyway"), arguments + (options.count > 1 ? ["--auth", "demo-viewers"] : []) + ["--json"],
                environment: site.data.environment)
            guard outcome.status == 0 else { throw VerbFailed(arguments: arguments, outcome: outcome) }
            return "\(site.server.origin)/\(try outcome.json()["locator"] as? String ?? "")/\(input.rawValue)"
        }
        protected = try publish(["cbc", "cenc", "cbcs"])
        open = try publish(["clear"])
    }

    func see(_ combination: Combination) -> Combination.Outcome {
        do {
            return try seen(combination)
        } catch {
            // At once: runs of all combinations are long.
            print("\(combination): \(error)")
            return .fails("\(error)")
        }
    }

    private func seen(_ combination: Combination) throws -> Combination.Outcome {
        let base = combination.scheme == .none ? open : protected
        let isFile = combination.format == .progressive
        let scheme = combination.scheme == .none ? "" : ",encryption=\(combination.scheme.rawValue)"
        let url = base + (isFile ? ".mp4" : ".ism/manifest(format=\(combination.format.rawValue)\(scheme))")
        let answer = try curlWith(url, isFile ? ["--head"] : [])
        let target = url.replacing("encryption=cenc", with: "encryption=piff")
        if answer.status == 308, target != url, target.hasSuffix(answer.headers["location"] ?? "-") {
            return .leadsToPIFF
        }
        guard answer.status == 200 else { return try refusal(combination, try curl(url), url) }
        try checkManifest(combination, url)
        let kinds = try isFile ? playFile(url) : play(combination, url)
        guard kinds.contains("v") == input.hasVideo, kinds.contains("a") == input.hasAudio else {
            throw Failed("\(url) names tracks of \(kinds.sorted()) alone")
        }
        return .plays
    }

    /// Players forgive much: what they are given obeys the rules of HLS and the schema of DASH all the same.
    private func checkManifest(_ combination: Combination, _ url: String) throws {
        switch combination.format {
        case .transportStream, .muxed, .hlsCMAF:
            let broken = try PlaylistCheck.report(url).broken
            guard broken.isEmpty else { throw Failed("\(url): \(broken.joined(separator: "; "))") }
        case .dashCMAF, .dashCSF:
            let folder = try Folder()
            try SchemaCheck.check(try folder.write("manifest.mpd", try curl(url).body))
        case .smooth, .progressive: break
        }
    }

    /// A refusal gives the reason: the code that belongs to the rule, and words.
    private func refusal(_ combination: Combination, _ answer: Answer, _ url: String) throws -> Combination.Outcome {
        let problem = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any] ?? [:]
        let said = "\(answer.status) \(problem["code"] as? String ?? "")"
        guard case .refused(let rule) = combination.expected, rule.answer == said,
            (problem["detail"] as? String ?? "").count > 20
        else { throw Failed("\(url) is answered with \(said): \(problem["detail"] ?? "")") }
        return .refused(rule)
    }

    // MARK: What the tracks are held against

    private func source(_ kind: String, _ track: String) -> String {
        guard kind == "v" else { return track == asset.audio.first ? asset.files[0] : asset.files.last ?? "" }
        return asset.files.first { track.hasSuffix($0.split(separator: "_").last?.dropLast(4) ?? "-") }
            ?? asset.files[0]
    }

    private func frames(_ options: [String], _ label: String, heedless: Bool = false) throws -> [String] {
        try memory.value(label) {
            let outcome = try run(
                Programs.outside("ffmpeg"),
                ["-v", "error", "-noautorotate"] + options + ["-fps_mode", "passthrough", "-f", "framemd5", "-"])
            guard heedless || (outcome.status == 0 && outcome.errors.isEmpty) else {
                throw Failed("ffmpeg says of \(label): \(outcome.status) \(outcome.errors.prefix(300))")
            }
            return outcome.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
                $0.split(separator: ",").dropFirst(5).first?.trimmingCharacters(in: .whitespaces)
            }
        }
    }

    /// Frames must be the source's: of sound all but the first, which depend on what was there before them.
    private func compare(
        _ decoded: [String], _ kind: String, _ file: String, _ what: String, but left: Int = 0
    ) throws {
        let source = try frames(
            ["-i", file, "-map", "0:\(kind):0"] + input.way(of: kind), "source \(kind) \(file)")
        let isSame =
            kind == "v"
            ? !decoded.isEmpty && decoded[...] == source.dropLast(left)
            : (source.count - 2...source.count).contains(decoded.count)
                && decoded.dropFirst(2) == source.suffix(decoded.count).dropFirst(2)
        guard isSame else {
            throw Failed("\(what): \(decoded.count) frames of \(kind) are not the \(source.count) of \(file)")
        }
    }

    private func times(_ file: String, _ kind: String, _ options: [String] = []) throws -> [Double] {
        let outcome = try run(
            Programs.outside("ffprobe"),
            ["-v", "error", "-select_streams", "\(kind):0", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0"]
                + options + [file])
        return outcome.text.split(separator: "\n").filter { !$0.contains("D") }
            .compactMap { $0.split(separator: ",").first.flatMap { Double($0) } }.sorted()
    }

    private func sourceTimes(_ kind: String, _ track: String, _ count: Int) throws -> [Double] {
        let file = source(kind, track)
        let all = try memory.value("times \(kind) \(file)") { try times(file, kind).map { "\($0)" } }
            .compactMap { Double($0) }
        // Of sound a frame that begins before the presentation is left out.
        guard kind == "v" ? count == all.count : (0...1).contains(all.count - count) else {
            throw Failed("\(track): \(count) times are not the \(all.count) of \(file)")
        }
        return all.suffix(count)
    }

    private func compare(_ seen: [Double], _ wanted: [Double], _ what: String, within: Double = 0.000_02) throws {
        let distance = zip(seen, wanted).map { abs($0 - $1) }.max() ?? .infinity
        guard distance < within else { throw Failed("times of \(what) are off by \(distance) s") }
    }

    /// Of sound in MPEG-TS: where it begins; and where ffprobe sees packets and not the frames in them, whose times it guesses
    /// at, that each begins with a frame.
    private func compareSound(_ seen: [Double], _ track: String, arePackets: Bool) throws {
        let file = source("a", track)
        let all = try memory.value("times a \(file)") { try times(file, "a").map { "\($0)" } }.compactMap { Double($0) }
        func isFrame(_ time: Double, of frames: [Double]) -> Bool { frames.contains { abs($0 - time) < 0.000_02 } }
        // A frame that begins before the presentation is left out.
        guard let first = seen.first, isFrame(first, of: Array(all.prefix(2))),
            !arePackets || seen.allSatisfy({ isFrame($0, of: all) })
        else { throw Failed("\(track): \(seen.count) times are none of the \(all.count) of \(file)") }
    }

    // MARK: Playing

    private func playFile(_ url: String) throws -> Set<String> {
        var kinds: Set<String> = []
        for (kind, tracks) in [("v", asset.video), ("a", asset.audio)] {
            guard !tracks.isEmpty else { continue }
            let seen = try times(url, kind)
            // Of several renditions, the largest; of sound, the first.
            let track = kind == "v" ? tracks.first { $0.hasSuffix("350k") } ?? tracks[0] : tracks[0]
            try compare(
                try frames(["-i", url, "-map", "0:\(kind):0"] + input.way(of: kind), "\(kind) \(url)"), kind,
                source(kind, track), url)
            try compare(seen, try sourceTimes(kind, track, seen.count), url, within: 0.0015)
            kinds.insert(kind)
        }
        return kinds
    }

    private func play(_ combination: Combination, _ url: String) throws -> Set<String> {
        let folder = try Folder()
        let presentation = "\(combination.scheme == .none ? open : protected).ism/manifest(format=mpd-time-cmaf"
        let outcome = try run(
            Programs.outside("python"),
            [
                Programs.repository.appendingPathComponent("Tests/Combinations/tracks.py").path, url, folder.path,
                presentation + (combination.scheme == .none ? ")" : ",encryption=cenc)"),
            ], environment: ["TOKEN": site.token])
        guard outcome.status == 0 else { throw Failed("\(url): \(outcome.errors.suffix(300))") }
        let tracks = try JSONDecoder().decode([Track].self, from: outcome.output)
        var first: [Character: Double] = [:]
        for track in tracks {
            if combination.format.isTransportStream {
                try playTransportStream(track, combination)
            } else if let file = track.file {
                try playFragments(track, file, combination, folder, &first)
            }
        }
        if let picture = first["v"], let sound = first["a"], abs(picture - sound) > 0.000_02 {
            throw Failed("\(url): sound is off by \(sound - picture) s against the pictures")
        }
        return Set(tracks.flatMap { $0.kind.map(String.init) })
    }

    private func playTransportStream(_ track: Track, _ combination: Combination) throws {
        guard let playlist = track.playlist else { throw Failed("\(track.name) has no playlist") }
        let names = track.name.split(separator: "+").map(String.init)
        let header = ["-headers", "Authorization: Bearer \(site.token)\r\n"]
        let options = combination.scheme == .none ? [] : header
        for (name, kind) in zip(names, track.kind.map(String.init)) {
            let map = ["-map", "0:\(kind):0"] + input.way(of: kind)
            if combination.scheme == .cbcs {
                let text = ["-allowed_extensions", "ALL", "-protocol_whitelist", "file,http,tcp,crypto"]
                let decoded = try frames(
                    text + ["-i", track.file ?? ""] + map, "\(kind) \(playlist)", heedless: true)
                // More comes than there is, since the last segment stands there again.
                let clear = "\(open).ism/v1/clear/ts/\(name)/media.m3u8"
                let count = try frames(["-i", clear] + map, "\(kind) \(clear)").count
                // In open groups, the repeated one's leading pictures get among the last ones.
                let open = kind == "v" && input == .openGroups ? 4 : 0
                try compare(
                    Array(decoded.prefix(count - open)), kind, source(kind, name), "\(combination) \(name)", but: open)
            } else {
                let decoded = try frames(options + ["-i", playlist] + map, "\(kind) \(playlist)")
                try compare(decoded, kind, source(kind, name), "\(combination) \(name)")
            }
            // Headers of PES packets are clear under SAMPLE-AES.
            let seen =
                try (track.joined.map { try times($0, kind) } ?? times(playlist, kind, options)).map { $0 - 10 }
            if kind == "v" {
                try compare(seen, try sourceTimes(kind, name, seen.count), name)
            } else {
                try compareSound(seen, name, arePackets: track.joined != nil)
            }
        }
    }

    private func playFragments(
        _ track: Track, _ file: String, _ combination: Combination, _ folder: Folder, _ first: inout [Character: Double]
    ) throws {
        let map = ["-map", "0"] + input.way(of: track.kind)
        let what = "\(combination) \(track.name)"
        if combination.format == .hlsCMAF, [.none, .cbc].contains(combination.scheme), let playlist = track.playlist {
            let header = ["-headers", "Authorization: Bearer \(site.token)\r\n", "-allowed_extensions", "ALL"]
            let decoded = try frames(header + ["-i", playlist] + map, "\(track.kind) \(playlist)")
            try compare(decoded, track.kind, source(track.kind, track.name), what)
        }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        let digest = try run(Programs.outside("sha256sum"), [file]).text.prefix(64)
        var clear: String?
        // ffprobe 5.1 ends early in `cbcs`, so times are read behind the decrypter, too.
        func clearFile() throws -> String {
            let isEncrypted = [.cenc, .cbcs, .piff].contains(combination.scheme)
            let path = try clear ?? (isEncrypted ? decrypted(file, bytes, track, folder) : file)
            clear = path
            return path
        }
        let decoded = try memory.value("\(track.kind) \(digest)") {
            try frames(["-i", clearFile()] + map, "\(track.kind) \(digest) \(what)")
        }
        try compare(decoded, track.kind, source(track.kind, track.name), what)
        let seen = try memory.value("times \(track.kind) \(digest)") {
            try times(clearFile(), track.kind).map { "\($0)" }
        }.compactMap { Double($0) }
        let wanted = try sourceTimes(track.kind, track.name, seen.count)
        guard let start = seen.first, let sourceStart = wanted.first else { throw Failed("\(what) has no times") }
        if combination.format == .smooth, let kind = track.kind.first {
            first[kind] = start - sourceStart
        } else if let said = track.start {
            // ffprobe adds a delay of its own to negative composition offsets: so the first is read from the boxes.
            try compare([said], [sourceStart], "the beginning of \(what)")
        }
        if track.kind == "a", combination.format != .smooth { return try compare(seen, wanted, what) }
        try compare(seen.map { $0 - start }, wanted.map { $0 - sourceStart }, what)
    }

    private func decrypted(_ file: String, _ bytes: Data, _ track: Track, _ folder: Folder) throws -> String {
        let key = try MediaProbe.clearKey(for: bytes, origin: site.server.origin, token: site.token)
        let output = "\(folder.path)/\(track.name)-decrypted.mp4"
        let outcome = try run(
            Programs.outside("packager-linux-x64"),
            [
                "in=\(file),stream=\(track.kind == "v" ? "video" : "audio"),output=\(output)",
                "--enable_raw_key_decryption", "--keys", "label=:key_id=\(key.id):key=\(key.key)",
                // Else it takes what begins at zero to lack an edit list, and shows it earlier than it says.
                "--mp4_reset_initial_composition_offset_to_zero=false",
            ])
        guard outcome.status == 0 else { throw Failed("Shaka Packager: \(outcome.errors.suffix(300))") }
        return output
    }

    /// Lists by labels, each made once.
    private final class Memory: @unchecked Sendable {
        // Sendable: the lock guards the values.
        private var values: [String: [String]] = [:]
        private let lock = NSLock()

        func value(_ label: String, _ make: () throws -> [String]) throws -> [String] {
            if let known = lock.withLock({ values[label] }) { return known }
            let made = try make()
            lock.withLock { values[label] = made }
            return made
        }
    }
}
