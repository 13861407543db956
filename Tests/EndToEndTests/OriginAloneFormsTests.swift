import Foundation
import TestSupport
import Testing

/// Every form of delivery at an origin that runs alone, beside `keyway serve` on the same data folder.
@Suite(.waiting) struct OriginAloneFormsTests {
    /// A film with subtitles under policies of every kind, with both kinds of origin.
    private final class FormsAlone: Sendable {
        static let shared = Result { try FormsAlone() }

        let site: OriginAloneSite
        let port: Int
        let keys: RunningServer
        let whole: RunningServer
        let alone: RunningServer
        /// `/LOCATOR` by what is published through it.
        let locators: [String: String]

        private static let policies = """
            kind: DeliveryPolicy
            name: forms-clear
            protocols: [hls, dash, smooth, progressive]
            encryption: none
            ---
            kind: DeliveryPolicy
            name: lead-cbcs
            protocols: [hls, dash]
            encryption: cbcs
            clearLead: 2s
            ---
            kind: DeliveryPolicy
            name: lead-cenc
            protocols: [dash]
            encryption: cenc
            clearLead: 2s
            ---
            kind: DeliveryPolicy
            name: periods-cbcs
            protocols: [hls, dash]
            encryption: cbcs
            cryptoPeriod: 2s
            ---
            kind: DeliveryPolicy
            name: periods-envelope
            protocols: [hls]
            encryption: envelope
            cryptoPeriod: 2s
            ---
            kind: DeliveryPolicy
            name: piff
            protocols: [smooth]
            encryption: cenc
            signalling: [playready]
            ---
            kind: DeliveryPolicy
            name: sound-cbcs
            protocols: [hls, dash]
            encryption: cbcs
            keys: { video: auto, audio: clear }
            ---
            kind: DeliveryPolicy
            name: sound-envelope
            protocols: [hls]
            encryption: envelope
            keys: { video: auto, audio: clear }
            ---
            kind: StreamingEndpoint
            name: default
            cors: ["https://player.example"]
            cache: { manifest: { maxAge: 3s }, segment: { maxAge: 9d } }
            headers: { X-Robots-Tag: none, Timing-Allow-Origin: "*" }
            cacheTags: true
            """

        private init() throws {
            site = try OriginAloneSite()
            let data = site.data
            try data.must("apply", try data.folder.write("forms.yaml", Data(Self.policies.utf8)))
            let words = try data.folder.write("forms.en.vtt", Data(TextSite.webVTT.utf8))
            var locators: [String: String] = [:]
            for (name, policies) in [
                "clear": ["forms-clear"], "piff": ["piff"], "lead": ["lead-cbcs", "lead-cenc"],
                "periods": ["periods-cbcs", "periods-envelope"], "sound": ["sound-cbcs", "sound-envelope"],
            ] {
                // Each has an asset of its own: an asset's tracks keep the keys that they first had.
                try data.must("asset", "upload", "forms-\(name)", Programs.clip("bbb_prog_10s.mp4"), words)
                let outcome = try run(
                    Programs.own("keyway"),
                    ["publish", "forms-\(name)", "--json"] + (name == "clear" ? [] : ["--auth", "demo-viewers"])
                        + policies.flatMap { ["--delivery", $0] }, environment: data.environment)
                guard outcome.status == 0 else { throw VerbFailed(arguments: policies, outcome: outcome) }
                locators[name] = "/\(try outcome.json()["locator"] as? String ?? "")"
            }
            self.locators = locators
            port = try OriginAloneSite.freePort()
            keys = try site.keyService(port: port)
            whole = try RunningServer(data, environment: ["KEYWAY_KEYS_URL": OriginAloneSite.keysURL])
            alone = try site.origin(port: port)
        }
    }

    private let forms: FormsAlone

    init() throws {
        forms = try FormsAlone.shared.get()
    }

    private func path(_ name: String, _ rest: String) throws -> String {
        "\(try #require(forms.locators[name]))/forms-\(name)\(rest)"
    }

    @Test(arguments: [
        ("clear", ".ism/manifest(format=m3u8-cmaf)"), ("clear", ".ism/manifest(format=mpd-time-cmaf)"),
        ("clear", ".ism/manifest"), ("clear", ".mp4"), ("piff", ".ism/manifest(encryption=piff)"),
        // Clear lead, crypto periods, and samples in MPEG-TS.
        ("lead", ".ism/manifest(format=m3u8-aapl,encryption=cbcs-aapl)"),
        ("lead", ".ism/manifest(format=m3u8-cmaf,encryption=cbcs-aapl)"),
        ("lead", ".ism/manifest(format=mpd-time-cmaf,encryption=cbcs-aapl)"),
        ("lead", ".ism/manifest(format=mpd-time-cmaf,encryption=cenc)"),
        ("periods", ".ism/manifest(format=m3u8-aapl,encryption=cbcs-aapl)"),
        ("periods", ".ism/manifest(format=m3u8-aapl-v3,encryption=cbc)"),
        ("periods", ".ism/manifest(format=m3u8-cmaf,encryption=cbc)"),
        ("periods", ".ism/manifest(format=mpd-time-csf,encryption=cbcs-aapl)"),
        // Sound in the clear beside pictures that are not.
        ("sound", ".ism/manifest(format=m3u8-cmaf,encryption=cbcs-aapl)"),
        ("sound", ".ism/manifest(format=mpd-time-cmaf,encryption=cbcs-aapl)"),
        ("sound", ".ism/manifest(format=m3u8-aapl,encryption=cbc)"),
    ])
    func everyFormIsTheSameToTheByte(name: String, rest: String) throws {
        let script = Programs.repository.appendingPathComponent("Tests/Delivery/random_requests.py").path
        let outcome = try run(
            Programs.outside("python"),
            [script, "60", "20261123", forms.whole.origin, forms.alone.origin, try path(name, rest)])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.text.contains("60 requests"))
        let answer = try curl(forms.alone.origin + path(name, rest), "-H", "Origin: https://player.example")
        #expect(answer.headers["x-robots-tag"] == "none")
        #expect(answer.headers["access-control-allow-origin"] == "https://player.example")
    }
}
