import Administration
import EncoderProtocol
import Testing

@Suite struct EncodingPresetDocumentTests {
    @Test func aDocumentBecomesAPreset() throws {
        let loaded = LoadedPresets(
            """
            kind: EncodingPreset
            name: mine
            video:
              codec: hevc
              renditions:
                - { width: 1280, height: 720, bitrate: 1.8M, maxBitrate: 2500k, crf: 23.5, profile: main10 }
                - { codec: h264, width: 640, height: 360, bitrate: 600k }
              keyFrameInterval: 1.5s
              frameRate: 30
              dynamicRange: standard
              deinterlacing: never
              complexity: balanced
              bufferWindow: 2s
            audio:
              - { codec: aac, channels: 6 }
              - { codec: opus, bitrate: 96k, languages: [en, de] }
              - { codec: passthrough }
            loudness: -23
            ---
            kind: EncodingPreset
            name: ladder
            video: { codec: av1, ladder: content-aware }
            """, file: "p.yaml")
        #expect(loaded.errors.isEmpty, "\(loaded.errors)")
        let preset = try #require(loaded.presets.first)
        #expect(preset.defects.isEmpty)
        #expect(preset.loudness == -23)
        #expect(preset.video?.keyFrameInterval == 1.5)
        #expect(preset.video?.maximumFrameRate == 30)
        #expect(preset.video?.renditions.first?.bitrate == 1_800_000)
        #expect(preset.video?.renditions.first?.maximumBitrate == 2_500_000)
        #expect(preset.video?.renditions.first?.constantRateFactor == 23.5)
        #expect(preset.video?.renditions.last?.codec == .h264)
        #expect(preset.audio.map(\.bitrate) == [384_000, 96_000, 128_000])
        #expect(preset.audio[1].languages == ["en", "de"])
        #expect(loaded.presets.last?.video?.ladder == .contentAware)
        // Without a word about sound it is the usual one.
        #expect(loaded.presets.last?.audio == [AudioRecipe()])
    }

    @Test func picturesHaveUsualValues() throws {
        let loaded = LoadedPresets(
            """
            kind: EncodingPreset
            name: usual
            video: { ladder: adaptive }
            thumbnails: {}
            poster: best
            ---
            kind: EncodingPreset
            name: own
            video: { ladder: adaptive }
            thumbnails: { interval: 2.5s, width: 320, columns: 5, rows: 6 }
            poster: 12.5s
            ---
            kind: EncodingPreset
            name: both
            video: { ladder: adaptive }
            poster: { position: 3s, width: 640 }
            """, file: "p.yaml")
        #expect(loaded.errors.isEmpty, "\(loaded.errors)")
        #expect(
            loaded.presets.map(\.thumbnails) == [
                ThumbnailRecipe(interval: 10, width: 256, columns: 4, rows: 5),
                ThumbnailRecipe(interval: 2.5, width: 320, columns: 5, rows: 6), nil,
            ])
        #expect(
            loaded.presets.map(\.poster) == [
                PosterRecipe(position: nil, width: 1280), PosterRecipe(position: 12.5, width: 1280),
                PosterRecipe(position: 3, width: 640),
            ])
        #expect(loaded.presets.allSatisfy { $0.defects.isEmpty })
    }

    @Test(arguments: [
        ("video: { ladder: adaptive }\nthumbnails: { interval: 0.1s }", "'interval' lies between 0.5s and 600.0s"),
        ("video: { ladder: adaptive }\nthumbnails: { colums: 3 }", "'columns'"),
        ("video: { ladder: adaptive }\nthumbnails: { width: 640, columns: 16, rows: 16 }", "8 million pixels"),
        ("video: { ladder: adaptive }\nposter: bset", "'poster' lies between"),
        ("audio: [{}]\nthumbnails: {}", "needs 'video'"), ("audio: [{}]\nposter: best", "needs 'video'"),
    ])
    func picturesThatCannotBeMadeAreErrors(fields: String, message: String) {
        let loaded = LoadedPresets("kind: EncodingPreset\nname: a\n\(fields)\n", file: "p.yaml")
        #expect(loaded.errors.contains { "\($0)".contains(message) }, "\(loaded.errors)")
    }

    @Test func everythingWrongIsSaidWithItsPlace() {
        let loaded = LoadedPresets(
            """
            kind: EncodingPreset
            name: bad name
            video:
              codec: h265
              renditons: []
              renditions:
                - { width: 3, height: 360, bitrate: 600q, profile: main10, crf: 99 }
            audio:
              - { codec: mp3, channels: 4 }
            """, file: "p.yaml")
        let errors = loaded.errors.map(\.description)
        let expected = [
            "p.yaml:2:7: 'name'", "p.yaml:4:10: 'codec' knows no 'h265'", "p.yaml:5:3: 'video' has no field",
            "p.yaml:7:16: 'width'", "'bitrate' is a bit rate", "'profile' of h264", "'crf'", "'codec' knows no 'mp3'",
            "'channels' is 1, 2 or 6",
        ]
        #expect(errors.count == expected.count, "\(errors)")
        for text in expected { #expect(errors.contains { $0.contains(text) }, "\(text)") }
    }

    @Test(arguments: [
        "", "kind: DeliveryPolicy\nname: x", "kind: EncodingPreset\nname: x",
        "kind: EncodingPreset\nname: x\nvideo: {}",
        "kind: EncodingPreset\nname: x\nvideo: { ladder: adaptive, renditions: [{ width: 64, height: 64, bitrate: 100k }] }",
        "kind: EncodingPreset\nname: x\naudio: []", "- 1",
        "kind: EncodingPreset\nname: x\nloudness: 5\naudio: [{ codec: aac }]",
        "kind: EncodingPreset\nname: x\nvideo: { ladder: adaptive, keyFrameInterval: 1e9s }",
    ])
    func whatIsNoPresetIsRefused(text: String) {
        #expect(!LoadedPresets(text, file: "p.yaml").errors.isEmpty)
    }

    @Test func aFileThatIsNotThereIsSaid() {
        #expect(
            LoadedPresets.reading("/nowhere/p.yaml").errors.map(\.description) == [
                "/nowhere/p.yaml:1:1: does not exist"
            ])
    }
}
