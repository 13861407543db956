import Foundation
import TestSupport
import Testing

/// Two origins over one catalog are one origin to caches: the same bytes, tags and lengths for every object of every form.
@Suite(.waiting) struct TwoNodesTests {
    @Test func everyAnswerIsTheSame() throws {
        let forms = try FormsSite.shared.get()
        // What players are told of the key service is the same everywhere.
        let keys = ["KEYWAY_KEYS_URL": "https://keys.example"]
        let nodes = try (0..<2).map { _ in try RunningServer(forms.site.data, environment: keys) }
        defer { for node in nodes { node.stop() } }
        func path(_ root: String, _ manifest: String) -> String {
            String(root.dropFirst(forms.site.server.origin.count)) + "/" + manifest
        }
        var manifests: [String] = []
        for format in ["m3u8-aapl", "m3u8-aapl-v3", "m3u8-cmaf", "mpd-time-csf", "mpd-time-cmaf"] {
            manifests += [forms.clear, forms.envelope].map { path($0, "manifest(format=\(format))") }
        }
        manifests += ["m3u8-cmaf", "mpd-time-cmaf"].map { path(forms.cenc, "manifest(format=\($0))") }
        manifests += [
            path(forms.site.protected, "manifest(format=m3u8-cmaf,encryption=cbcs-aapl)"),
            path(forms.clear, "manifest"),
            path(forms.piff, "manifest(format=fmp4-v20,encryption=piff)"),
        ]
        let script = Programs.repository.appendingPathComponent("Tests/Delivery/random_requests.py").path
        let outcome = try run(
            Programs.outside("python"), [script, "1000", "20261121"] + nodes.map(\.origin) + manifests)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.text.contains("1000 requests"))
    }
}
