import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
import NIOCore
import PlayerScripts

/// The operators' console: static files that are part of the program. They hold nothing that is worth a token, so they are
/// open; what they show, the browser asks of `/v1` with the operator's token.
public struct ConsoleRoutes: Sendable {
    private let playback: @Sendable () async -> ConsolePlayback

    /// - Parameter playback: where streams and their keys are fetched from, as known when the player's page is asked for.
    public init(playback: @escaping @Sendable () async -> ConsolePlayback) {
        self.playback = playback
    }

    /// Adds `/console/`, the player's page below it, and the way there from `/`.
    public func add(to router: Router<ServiceRequestContext>) {
        router.get("/") { _, _ in Response.redirect(to: "/console/") }
        router.get("console") { request, _ -> Response in
            // A page without the slash at its end would look for its files beside it.
            guard request.uri.path.hasSuffix("/") else { return .redirect(to: "/console/") }
            return try Self.file("index.html", ContentPolicy.console)
        }
        router.get("console/play") { request, _ -> Response in
            guard request.uri.path.hasSuffix("/") else { return .redirect(to: "/console/play/") }
            return try Self.file("play.html", ContentPolicy.player(await playback()))
        }
        router.get("console/play/playback.json") { _, _ -> Response in
            struct Answer: Encodable { var licence: String? }
            let licence = await playback().licence
            return Self.answer(
                Array(try JSONEncoder().encode(Answer(licence: licence))), "application/json", ContentPolicy.console)
        }
        router.get("console/play/:file") { _, context -> Response in
            let name = context.parameters.get("file") ?? ""
            if let bytes = PlayerScript.bytes(of: name) {
                return Self.answer(bytes, ConsoleFile.script, ContentPolicy.console)
            }
            return try Self.file(name, ContentPolicy.console)
        }
        router.get("console/:file") { _, context -> Response in
            try Self.file(context.parameters.get("file") ?? "", ContentPolicy.console)
        }
    }

    private static func file(_ name: String, _ policy: String) throws -> Response {
        guard let file = ConsoleFile(name) else {
            throw Problem(.notFound, code: "notFound", detail: "There is no such file.")
        }
        return answer(file.bytes, file.contentType, policy)
    }

    private static func answer(_ bytes: [UInt8], _ contentType: String, _ policy: String) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        headers[.cacheControl] = "no-store"
        headers[.contentSecurityPolicy] = policy
        headers[.xContentTypeOptions] = "nosniff"
        for (name, value) in [
            ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"), ("X-Frame-Options", "DENY"),
        ] {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
