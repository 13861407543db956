import Catalog
import EncoderProtocol
import Foundation
import Policies
import Testing

@testable import Administration

@Suite struct TransformDocumentTests {
    private static let films = """
        kind: Transform
        name: films
        priority: 5
        tasks:
          - kind: probe
          - { kind: encode, preset: adaptive, after: [probe] }
          - { name: plays, kind: verify, after: [encode], deliveryPolicies: [hls-aes] }
          - kind: publish
            after: [plays]
            deliveryPolicies: [hls-aes]
            authorizationPolicy: viewers
          - { kind: prewarm, after: [publish], urls: ["https://edge.example/a"], onError: continue }
          - { kind: notify, after: [publish], endpoint: office }

        """
    private static let office = """
        kind: NotificationEndpoint
        name: office
        url: https://hooks.example/keyway
        secret: hook

        """

    private func parse(_ text: String) -> LoadedDocuments {
        DocumentLoader.parse(text, file: "t.yaml", folder: URL(fileURLWithPath: "/"))
    }

    private func transform(_ text: String) -> Transform? {
        if case .transform(let transform) = parse(text).documents.first?.document { transform } else { nil }
    }

    @Test func readsATransformAndWritesItBack() throws {
        let loaded = parse(Self.films)
        #expect(loaded.errors.isEmpty, "\(loaded.errors)")
        let read = try #require(self.transform(Self.films))
        #expect(read.priority == 5 && read.encode?.preset == "adaptive")
        #expect(read.tasks.map(\.name) == ["probe", "encode", "plays", "publish", "prewarm", "notify"])
        #expect(read.tasks[4].onError == .proceed)
        #expect(
            loaded.documents.first?.references.map(\.name) == ["hls-aes", "hls-aes", "viewers", "office"])
        let encoder = JSONEncoder()
        let shown = String(decoding: try encoder.encode(TransformForm(read)), as: UTF8.self)
        #expect(self.transform(shown) == read)
    }

    /// Every preset that an encode can name, as it is spelled there.
    @Test(arguments: EncodingPreset.reference.map(\.name) + ["adaptive", "upload"])
    func namesAnyPreset(_ preset: String) throws {
        let loaded = parse("kind: Transform\nname: film\ntasks: [{ kind: encode, preset: \(preset) }]")
        guard case .transform(let transform) = loaded.documents.first?.document else {
            Issue.record("no transform")
            return
        }
        #expect(transform.encode?.preset == preset)
    }

    @Test func encodesMakePictures() throws {
        let text = """
            kind: Transform
            name: film
            tasks: [{ kind: encode, preset: adaptive, thumbnails: { interval: 2.5s }, poster: best }]
            """
        let options = try #require(transform(text)?.tasks.first?.options)
        #expect(options.thumbnails == TaskThumbnails(interval: 2.5, width: 256, columns: 4, rows: 5))
        #expect(options.poster == TaskPoster(position: nil, width: 1280))
        // What is shown can be put back.
        let form = TransformForm(try #require(transform(text)))
        #expect(form.tasks.first?.thumbnails?.interval == "2.5s" && form.tasks.first?.poster?.position == "best")
    }

    @Test func picturesAreATaskOfTheirOwn() throws {
        let text = """
            kind: Transform
            name: pictures
            tasks:
              - { kind: thumbnails, thumbnails: { interval: 2s, width: 160 }, poster: { position: 90s, width: 640 } }
              - { kind: verify, after: [thumbnails], deliveryPolicies: [hls-aes] }
            """
        let read = try #require(transform(text))
        #expect(read.encode == nil)
        #expect(read.tasks[0].options.thumbnails == TaskThumbnails(interval: 2, width: 160, columns: 4, rows: 5))
        #expect(read.tasks[0].options.poster == TaskPoster(position: 90, width: 640))
        let shown = String(decoding: try JSONEncoder().encode(TransformForm(read)), as: UTF8.self)
        #expect(transform(shown) == read)
        let wrong = parse("kind: Transform\nname: p\ntasks: [{ kind: thumbnails, interval: 2s }]")
        #expect(wrong.errors.contains { $0.description.contains("interval") }, "\(wrong.errors)")
    }

    /// Presets that are written in the place of a name, and come back as they were meant.
    @Test(arguments: [
        "{ video: { ladder: adaptive } }", "{ audio: [{ codec: opus, bitrate: 96k, languages: [en, de] }] }",
        """
        { name: film, loudness: -16.5, thumbnails: { interval: 2.5s }, poster: 90s, video: { codec: hevc, complexity: quality,
        keyFrameInterval: 0.5s, frameRate: 29.97, dynamicRange: standard, deinterlacing: never, bufferWindow: 1.5s,
        renditions: [{ width: 1920, height: 1080, bitrate: 3500k, maxBitrate: 5M, crf: 22.5, profile: main10 },
        { codec: h264, width: 640, height: 360, bitrate: 0.8M }] }, audio: [{ channels: 6 }, { codec: passthrough }] }
        """,
    ])
    func presetsAreWrittenInTheTask(_ preset: String) throws {
        let text = "kind: Transform\nname: film\ntasks: [{ kind: encode, preset: \(preset) }]"
        #expect(parse(text).errors.isEmpty, "\(parse(text).errors)")
        let read = try #require(transform(text))
        let recipe = try #require(read.encode?.recipe)
        #expect(read.encode?.preset == nil && recipe.defects.isEmpty)
        // The same as in a document of its own.
        let name = preset.contains("name:") ? "" : "name: own, "
        let alone = LoadedPresets("{ kind: EncodingPreset, \(name)" + preset.dropFirst(), file: "p.yaml")
        #expect(alone.errors.isEmpty && alone.presets == [recipe], "\(alone.errors)")
        let shown = String(decoding: try JSONEncoder().encode(TransformForm(read)), as: UTF8.self)
        #expect(transform(shown) == read)
        // What a catalog keeps.
        #expect(try JSONDecoder().decode(Transform.self, from: JSONEncoder().encode(read)) == read)
    }

    @Test(arguments: [
        ("overlay: asset:brand/logo.png", TaskOverlay(file: "asset:brand/logo.png", corner: "top-right", width: 0.12)),
        (
            "overlay: { file: asset:brand/a/logo.png, corner: bottom-left, width: 7.5% }",
            TaskOverlay(file: "asset:brand/a/logo.png", corner: "bottom-left", width: 0.075)
        ),
    ])
    func encodesLayPicturesOverTheFilm(_ field: String, _ overlay: TaskOverlay) throws {
        let text =
            "kind: Transform\nname: t\ntasks: [{ kind: encode, preset: adaptive, loudness: -23, quality: true, \(field) }]"
        let read = try #require(transform(text))
        #expect(read.encode?.overlay == overlay && read.encode?.loudness == -23 && read.encode?.quality == true)
        let shown = String(decoding: try JSONEncoder().encode(TransformForm(read)), as: UTF8.self)
        #expect(transform(shown) == read)
    }

    /// A word lets it be published unseen.
    @Test func verificationIsLeftOutByAWord() throws {
        let text =
            "kind: Transform\nname: t\ntasks: [{ kind: encode, preset: upload }, { kind: publish, after: [encode], verify: off }]"
        #expect(parse(text).errors.isEmpty)
        let read = try #require(transform(text))
        #expect(read.tasks.last?.options.verify == .off)
        let shown = String(decoding: try JSONEncoder().encode(TransformForm(read)), as: UTF8.self)
        #expect(transform(shown) == read)
    }

    private static let published = """
        kind: Transform
        name: t
        tasks:
        - { kind: encode, preset: adaptive }
        - { kind: publish, after: [encode], deliveryPolicies: [a], verify: off }

        """

    @Test(arguments: [
        ("folder: /srv/www", TaskPackage(folder: "/srv/www")),
        (
            "sas: store, formats: [m3u8-cmaf, mpd-time-csf], encryption: cbcs-aapl, keysUrl: 'https://keys.example'",
            TaskPackage(
                sas: "store", formats: [.hlsCMAF, .dashCSF], encryption: .cbcs, keysURL: "https://keys.example")
        ),
    ])
    func packagesAreWritten(_ fields: String, _ package: TaskPackage) throws {
        let text = Self.published + "- { kind: package, after: [publish], \(fields) }\n"
        let loaded = parse(text)
        #expect(loaded.errors.isEmpty, "\(loaded.errors)")
        let read = try #require(transform(text))
        #expect(read.tasks.last?.options.package == package)
        #expect(loaded.documents.first?.references.contains { $0.target == .secret } == (package.sas != nil))
        let shown = String(decoding: try JSONEncoder().encode(TransformForm(read)), as: UTF8.self)
        #expect(transform(shown) == read)
    }

    @Test(arguments: [
        ("after: [publish]", "6:3", "needs 'folder' or 'sas'"),
        ("after: [publish], folder: /srv, sas: store", "6:3", "and not both"),
        ("after: [publish], folder: srv", "6:46", "is the absolute path of a folder"),
        ("after: [publish], folder: /srv/../etc", "6:46", "without '..'"),
        ("after: [publish], foldr: /srv", "6:38", "the nearest known one is 'folder'"),
        ("after: [publish], folder: /srv, formats: [hls]", "6:62", "'formats' knows no 'hls'"),
        ("after: [publish], folder: /srv, encryption: none", "6:64", "'encryption' knows no 'none'"),
        ("after: [publish], folder: /srv, keysUrl: 'http://keys.example'", "6:61", "https, or of http on this machine"),
        ("after: [encode], folder: /srv", "6:3", "needs what a task of kind 'publish' makes"),
    ])
    func packagesThatCannotBeAreRefused(fields: String, place: String, message: String) {
        let errors = parse(Self.published + "- { kind: package, \(fields) }\n").errors.map(\.description)
        #expect(errors.contains { $0.hasPrefix("t.yaml:\(place):") && $0.contains(message) }, "\(errors)")
    }

    @Test func readsAnEndpoint() throws {
        guard case .notificationEndpoint(let endpoint) = parse(Self.office).documents.first?.document else {
            Issue.record("no endpoint")
            return
        }
        #expect(endpoint.events == .final && endpoint.account == "keyway")
    }

    @Test(arguments: [
        ("tasks: [{ kind: encode, preset: nothing }]", "3:33", "no preset 'nothing'"),
        ("tasks: [{ kind: encode, presset: adaptive }]", "3:25", "nearest known one is 'preset'"),
        ("tasks: [{ kind: encode, preset: adaptive, after: [encode] }]", "3:9", "comes after itself"),
        ("tasks: [{ kind: encode, preset: adaptive }, { kind: verify }]", "3:45", "needs the field 'deliveryPolicies'"),
        ("tasks: [{ kind: encode, preset: adaptive }, { kind: probe, preset: x }]", "3:60", "has no field 'preset'"),
        ("tasks: [{ kind: encode, preset: adaptive }, { kind: encode, preset: upload, name: b }]", "3:45", "one task"),
        ("tasks: [{ kind: encode, preset: upload, thumbnails: {} }]", "3:53", "the preset decodes none"),
        ("tasks: [{ kind: encode, preset: AACGoodQualityAudio, poster: best }]", "3:62", "the preset decodes none"),
        ("tasks: [{ kind: encode, preset: adaptive, poster: { position: worst } }]", "3:63", "'position' lies between"),
        (
            "tasks: [{ kind: encode, preset: { vidio: {} } }]", "3:35",
            "'preset' has no field 'vidio': the nearest known one is"
        ),
        ("tasks: [{ kind: encode, preset: { name: x } }]", "3:33", "'preset' needs 'video', 'audio' or both"),
        ("tasks: [{ kind: encode, preset: { video: { ladder: flat } } }]", "3:52", "'ladder' knows no 'flat'"),
        ("tasks: [{ kind: encode, preset: { audio: [{}] }, quality: true }]", "3:59", "the preset encodes none"),
        (
            "tasks: [{ kind: encode, preset: adaptive, loudness: 3 }]", "3:53",
            "'loudness' is a number from -31.0 to -9.0"
        ),
        ("tasks: [{ kind: encode, preset: upload, loudness: -23 }]", "3:51", "the preset encodes none"),
        ("tasks: [{ kind: encode, preset: upload, split: auto }]", "3:48", "takes files as they are"),
        ("tasks: [{ kind: encode, preset: adaptive, quality: yes }]", "3:52", "'quality' is true or false"),
        ("tasks: [{ kind: encode, preset: adaptive, qualty: true }]", "3:43", "nearest known one is 'quality'"),
        ("tasks: [{ kind: encode, preset: adaptive, overlay: /srv/logo.png }]", "3:52", "is an original, as asset:"),
        (
            "tasks: [{ kind: encode, preset: adaptive, overlay: { file: asset:a/b, width: 0% } }]", "3:78",
            "'width' lies between 1% and 100%"
        ),
        (
            "tasks: [{ kind: encode, preset: adaptive, overlay: { corner: left } }]", "3:52",
            "'overlay' needs the field 'file'"
        ),
        (
            "tasks: [{ kind: encode, preset: adaptive }, { kind: publish, after: [encode] }]", "3:45",
            "would publish what nobody has played"
        ),
        (
            "tasks: [{ kind: encode, preset: adaptive }, { kind: publish, after: [encode], verify: on }]", "3:87",
            "'verify' knows no 'on'"
        ),
        ("tasks: [{ kind: cook }]", "3:17", "knows no 'cook'"), ("tasks: []", "3:8", "at least one item"),
        ("priority: 1001\ntasks: [{ kind: encode, preset: adaptive }]", "3:11", "from -1000 to 1000"),
    ])
    func errorsSayWhere(body: String, place: String, message: String) {
        let errors = parse("kind: Transform\nname: t\n\(body)\n").errors.map(\.description)
        #expect(errors.contains { $0.hasPrefix("t.yaml:\(place):") && $0.contains(message) }, "\(errors)")
    }

    @Test func namesThatAreBuiltInAreRefused() {
        let errors = parse("kind: Transform\nname: adaptive\ntasks: [{ kind: encode, preset: adaptive }]\n").errors
        #expect(errors.first?.description.contains("built in") == true)
    }

    @Test(arguments: [
        "http://hooks.example/", "ftp://127.0.0.1/", "https://user@hooks.example/", "https://hooks.example/?a=b",
        "hook",
        "https://hooks.example/#a", "https:///x",
    ])
    func addressesThatCouldBeReadAreRefused(url: String) {
        let errors = parse("kind: NotificationEndpoint\nname: n\nsecret: s\nurl: \"\(url)\"\n").errors
        #expect(errors.first?.description.contains("'url' has URLs") == true, "\(errors)")
    }

    @Test func aNumberOfTasksIsBounded() {
        let tasks = (0...30).map { "  - { name: n\($0), kind: notify, endpoint: office }" }.joined(separator: "\n")
        #expect(
            parse("kind: Transform\nname: t\ntasks:\n\(tasks)\n").errors.first?.description
                .contains("at most 30") == true)
    }

    @Test func whatIsReferredToMustBeThere() async throws {
        let catalog = FakeCatalog()
        let set = DocumentSet(parse(Self.films + "---\n" + Self.office).documents)
        let errors = try await set.validate(against: catalog).map(\.description)
        #expect(errors.count == 4, "\(errors)")
        #expect(errors.contains { $0.contains("there is no secret 'hook'") })
        #expect(errors.contains { $0.contains("there is no DeliveryPolicy 'hls-aes'") })
        #expect(errors.contains { $0.contains("there is no AuthorizationPolicy 'viewers'") })
    }

    @Test func plansSayWhatDiffersAndWhatGoes() async throws {
        let catalog = FakeCatalog()
        func plan(_ text: String, prune: Bool = false) async throws -> [String] {
            let reconciliation = Reconciliation(catalog: catalog) { _, _, _ in
                throw CatalogError(.unavailable, "no keys here")
            }
            let plan = try await reconciliation.plan(DocumentSet(parse(text).documents), prune: prune)
            try await reconciliation.apply(plan, at: Date())
            return plan.changes.map(\.description)
        }
        let simple = "kind: Transform\nname: t\ntasks: [{ kind: encode, preset: adaptive }]\n"
        #expect(try await plan(simple) == ["create Transform t"])
        #expect(try await plan(simple) == ["unchanged Transform t"])
        let changed = try await plan(simple.replacingOccurrences(of: "adaptive", with: "upload"))
        #expect(changed == ["update Transform t: tasks[0].options.preset: adaptive → upload"])
        let other = simple.replacingOccurrences(of: "name: t", with: "name: u")
        #expect(try await plan(other, prune: true) == ["create Transform u", "delete Transform t"])
        #expect(await catalog.transforms().map(\.name) == ["u"])
    }
}
