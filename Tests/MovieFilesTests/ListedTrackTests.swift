import MediaModel
import MovieFiles
import Testing

/// What the list of a set says of tracks counts before what their files say; text that it lists may be missing.
@Suite struct ListedTrackTests {
    /// Sound in German, and text in French.
    private func film(entry: String = "dfxp") -> [UInt8] {
        var sound = MovieMaker.Track.sound(count: 60)
        sound.language = Self.packed("deu")
        return MovieMaker(tracks: [sound, Self.text(entry)]).file()
    }

    private static func text(_ entry: String) -> MovieMaker.Track {
        let samples = (0..<3).map { MovieMaker.Sample(bytes: Array("<tt>\($0)</tt>".utf8), duration: 2000) }
        return MovieMaker.Track(
            handler: "text", timescale: 1000, entry: Bytes.box(entry, Bytes.zeros(6) + Bytes.u16(1)), samples: samples,
            language: packed("fra"))
    }

    private static func packed(_ code: String) -> UInt16 { code.utf8.reduce(0) { $0 << 5 | UInt16($1 - 0x60) } }

    private func read(_ bytes: [UInt8], _ chosen: [ChosenTrack]) throws -> MovieFile {
        try MovieFile(reading: MovieBytes(bytes), name: "film.ismv", chosen: chosen)
    }

    static let languages: [(stated: String?, language: String, isNoted: Bool)] = [
        (nil, "deu", false), ("ger", "ger", false), ("de", "de", false), ("de-AT", "de-AT", false),
        ("eng", "eng", true),
    ]

    @Test(arguments: languages)
    func theListsLanguageCounts(stated: String?, language: String, isNoted: Bool) throws {
        let file = try read(
            film(), [ChosenTrack(.firstAudio, TrackStatement(language: stated, label: "Ton", audioRole: .commentary))])
        let plan = try UploadPlan([file])
        let track = try #require(plan.tracks.first?.description)
        #expect(track.language == language && track.label == "Ton" && track.audioRole == .commentary)
        #expect(plan.warnings.count == (isNoted ? 1 : 0))
        let words = "film.ismv: track 1: its language is 'deu' in the file and 'eng' in the set's list, which counts"
        #expect(!isNoted || plan.warnings == [words])
        #expect(file.texts.isEmpty)
    }

    @Test(arguments: ["dfxp", "stpp", "wvtt", "tx3g"])
    func textIsFoundByItsIDAndWithout(entry: String) throws {
        let statement = TrackStatement(language: "fr", label: "Sous-titres", textRole: .caption)
        for selection in [TrackSelection.firstText, .text(id: 2), .id(2)] {
            let file = try read(film(entry: entry), [ChosenTrack(.id(1)), ChosenTrack(selection, statement)])
            let text = try #require(file.texts.first)
            #expect(text.language == "fr" && text.label == "Sous-titres" && text.role == .caption)
            #expect(try text.samples().map(\.start) == [0, 2000, 4000])
            #expect(file.notes == [] && file.tracks.count == 1)
        }
    }

    @Test func aFileOfTextAloneIsRead() throws {
        let bytes = MovieMaker(tracks: [Self.text("dfxp")]).file()
        for chosen in [nil, [ChosenTrack(.firstText)]] {
            let file = try MovieFile(reading: MovieBytes(bytes), name: "film.ismt", chosen: chosen)
            #expect(file.tracks.isEmpty && file.texts.map(\.language) == ["fra"])
        }
    }

    static let missing: [(selection: TrackSelection, entry: String, words: String)] = [
        (.text(id: 1), "dfxp", "it has no text track 1, which the set names: left out"),
        (.text(id: 7), "dfxp", "it has no text track 7, which the set names: left out"),
        (.firstText, "abcd", "track 2 is text in a form that is not read, 'abcd': left out"),
    ]

    @Test(arguments: missing)
    func textThatIsNotThereIsDoneWithout(selection: TrackSelection, entry: String, words: String) throws {
        let file = try read(film(entry: entry), [ChosenTrack(.firstAudio), ChosenTrack(selection)])
        #expect(file.texts.isEmpty && file.tracks.count == 1)
        #expect(try UploadPlan([file]).warnings == ["film.ismv: " + words])
        #expect(try read(film(entry: entry), [ChosenTrack(selection)]).texts.isEmpty)
    }

    /// A recording in which nobody spoke.
    @Test(arguments: [nil, [ChosenTrack(.firstAudio), ChosenTrack(.firstText)]])
    func textWithoutSamplesIsLeftOut(chosen: [ChosenTrack]?) throws {
        var empty = Self.text("dfxp")
        empty.samples = []
        let bytes = MovieMaker(tracks: [.sound(count: 60), empty]).file()
        let file = try MovieFile(reading: MovieBytes(bytes), name: "film.ismv", chosen: chosen)
        #expect(file.texts.isEmpty && file.tracks.count == 1)
        #expect(file.notes == ["track 2 is text and has no sample: left out"])
    }

    @Test(arguments: [TrackSelection.firstVideo, .id(7)])
    func otherTracksMustBeThere(selection: TrackSelection) {
        let error = #expect(throws: MovieError.self) { try read(film(), [ChosenTrack(selection)]) }
        #expect(error?.description.contains("which the set names") == true)
    }

    @Test func whatIsListedTwiceIsWhatItWasFirst() throws {
        let file = try read(
            film(),
            [
                ChosenTrack(.id(1), TrackStatement(label: "one")),
                ChosenTrack(.firstAudio, TrackStatement(label: "two")),
            ])
        #expect(try UploadPlan([file]).tracks.map(\.description.label) == ["one"])
    }
}
