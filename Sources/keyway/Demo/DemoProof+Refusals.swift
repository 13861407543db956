import Administration
import Foundation
import KeyServer

extension DemoProof {
    /// What must be refused, and how.
    private struct Refusal {
        var what: String
        var token: String?
        var source: String?
        var status: Int
        var problem: String
    }

    /// Asks for each stream's key in ways that must not work.
    func refusals() async throws {
        Terminal.print("5. Refusals")
        let cases = [
            Refusal(what: "without a token", token: nil, source: nil, status: 401, problem: "tokenMissing"),
            Refusal(
                what: "with an expired token", token: tokens.expired, source: nil, status: 401, problem: "tokenInvalid"),
            Refusal(
                what: "with a forged token", token: tokens.forged, source: nil, status: 401, problem: "tokenInvalid"),
            Refusal(
                what: "from 127.0.0.2, which the policy does not allow", token: tokens.valid, source: "127.0.0.2",
                status: 403, problem: "addressNotAllowed"),
        ]
        let keyURL = try await anyKeyURL()
        for refusal in cases {
            let answer = try await fetch.get(keyURL, token: refusal.token, source: refusal.source)
            guard answer.status == refusal.status, answer.problem == refusal.problem else {
                throw failure("\(refusal.what): answered \(answer.status) \(answer.problem ?? "")")
            }
            Terminal.print("   refused \(refusal.what): \(answer.status) \(answer.problem ?? "")")
        }
        try await mediaIsUseless()
    }

    /// The key of the AES-128 stream, as its playlist names it.
    private func anyKeyURL() async throws -> String {
        guard let stream = published.streams.first(where: { $0.encryption == "envelope" }) else {
            throw failure("there is no AES-128 stream")
        }
        let tracks = try await PlayableTrack.hls(try await fetch.object(stream.url), at: stream.url, fetch)
        guard let url = tracks.first?.segments.first?.keyURL else { throw failure("the playlist names no key") }
        return url
    }

    /// Without keys what the origin sends is no picture: ffmpeg finds none in an AES-128 segment.
    private func mediaIsUseless() async throws {
        guard let stream = published.streams.first(where: { $0.encryption == "envelope" }) else { return }
        let tracks = try await PlayableTrack.hls(try await fetch.object(stream.url), at: stream.url, fetch)
        guard let segment = tracks.first?.segments.first else { return }
        let file = try folder.write("stolen.ts", try await fetch.object(segment.url))
        let outcome = try await tools.ffmpeg.run(["-v", "error", "-i", file, "-frames:v", "1", "-f", "null", "-"])
        guard !outcome.isSuccess else { throw failure("a segment plays without its key") }
        Terminal.print("   useless a segment without its key: ffmpeg finds no stream in it")
    }
}
