import Foundation
import Testing

/// The shared asset under delivery policies that let every form of it out.
final class FormsSite: Sendable {
    static let shared = Result { try FormsSite() }

    let site: Site
    /// HLS and DASH, whole segments under AES-128.
    let envelope: String
    /// Every protocol, in the clear.
    let clear: String
    /// Smooth Streaming under PIFF, and DASH under `cenc` with the same key.
    let piff: String
    /// HLS and DASH under `cenc`.
    let cenc: String
    /// Smooth Streaming under PIFF that tells PlayReady's players nothing.
    let silent: String
    /// HLS, whole segments, pictures and sound under keys of their own.
    let manyKeys: String

    private init() throws {
        let site = try Site.shared.get()
        self.site = site
        let file = try site.data.folder.write(
            "forms.yaml",
            Data(
                """
                kind: DeliveryPolicy
                name: forms-envelope
                protocols: [hls, dash]
                encryption: envelope
                ---
                kind: DeliveryPolicy
                name: forms-clear
                protocols: [hls, dash, smooth]
                encryption: none
                ---
                kind: DeliveryPolicy
                name: forms-piff
                protocols: [smooth, dash]
                encryption: cenc
                signalling: [playready]
                ---
                kind: DeliveryPolicy
                name: forms-cenc
                protocols: [hls, dash]
                encryption: cenc
                ---
                kind: DeliveryPolicy
                name: forms-silent
                protocols: [smooth]
                encryption: cenc
                ---
                kind: DeliveryPolicy
                name: forms-many-keys
                protocols: [hls]
                encryption: envelope
                keys: { video: auto, audio: auto }
                """.utf8))
        try site.data.must("apply", file)
        func publish(_ asset: String, _ policy: String) throws -> String {
            let made =
                try policy == "forms-clear"
                ? site.data.must("publish", asset, "--delivery", policy, "--json")
                : site.data.must("publish", asset, "--auth", "demo-viewers", "--delivery", policy, "--json")
            return "\(site.server.origin)/\(try made.json()["locator"] as? String ?? "")/\(asset).ism"
        }
        envelope = try publish("film", "forms-envelope")
        clear = try publish("film", "forms-clear")
        piff = try publish("film", "forms-piff")
        cenc = try publish("film", "forms-cenc")
        silent = try publish("film", "forms-silent")
        // An asset's tracks keep the keys that they first had, so this one is another asset.
        try site.data.must("encode", Programs.clip(), "--asset", "film-of-two-keys")
        manyKeys = try publish("film-of-two-keys", "forms-many-keys")
    }

    static let mux = "\(Site.video[0])+\(Site.audio)"

    /// The hash of each frame that ffmpeg decodes; it must not complain.
    static func frames(_ input: [String], _ stream: String) throws -> [String] {
        let outcome = try run(
            Programs.outside("ffmpeg"),
            ["-v", "error"] + input + ["-map", stream, "-fps_mode", "passthrough", "-f", "framemd5", "-"])
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        return outcome.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
            $0.split(separator: ",").last.map(String.init)
        }
    }
}
