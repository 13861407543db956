public import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
import NIOCore
import PlayerScripts

/// The demo's player page: static files that are part of the program, and what the demo tells them. Served by `keyway demo`
/// only, since its configuration holds tokens.
public struct PlayerRoutes: Sendable {
    private let configuration: @Sendable () -> Data?

    /// - Parameter configuration: `config.json` of the page; nil until it is known.
    public init(configuration: @escaping @Sendable () -> Data?) {
        self.configuration = configuration
    }

    /// Adds `/player/`.
    public func add(to router: Router<ServiceRequestContext>) {
        router.get("player") { request, _ -> Response in
            // A page without the slash at its end would look for its files beside it.
            guard request.uri.path.hasSuffix("/") else { return .redirect(to: "/player/") }
            return try Self.answer("player.html")
        }
        router.get("player/config.json") { _, _ -> Response in
            guard let data = configuration() else {
                throw Problem(.serviceUnavailable, code: "notReady", detail: "The demo is not ready yet.")
            }
            return Self.answer(Array(data), "application/json")
        }
        router.get("player/:file") { _, context -> Response in
            try Self.answer(context.parameters.get("file") ?? "")
        }
    }

    private static func answer(_ name: String) throws -> Response {
        guard let (bytes, type) = file(name) else {
            throw Problem(.notFound, code: "notFound", detail: "There is no such file.")
        }
        return answer(bytes, type)
    }

    private static func answer(_ bytes: [UInt8], _ contentType: String) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = contentType
        headers[.cacheControl] = "no-store"
        headers[.contentSecurityPolicy] =
            "default-src 'self'; media-src 'self' blob:; connect-src *; img-src 'self' data:; frame-ancestors 'none'"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension PlayerRoutes {
    /// The page's files, embedded in the program at build time, and their types.
    private static func file(_ name: String) -> (bytes: [UInt8], contentType: String)? {
        switch name {
        case "player.html": (PackageResources.player_html, "text/html; charset=utf-8")
        case "player.css": (PackageResources.player_css, "text/css; charset=utf-8")
        case "player.js": (PackageResources.player_js, "text/javascript; charset=utf-8")
        default: PlayerScript.bytes(of: name).map { ($0, "text/javascript; charset=utf-8") }
        }
    }
}
