import AdminContract
import Administration
import Foundation
import HTTPSurface
import HTTPTypes
import Hummingbird
import NIOCore

extension AdminRequest {
    /// From HTTP, within bounds.
    ///
    /// - Throws: `Problem` for a body that is too large or of another type, `OperatorError` for a query that cannot be
    ///   read.
    init(_ request: Request, _ route: AdminRoute, _ context: ServiceRequestContext) async throws {
        self.init()
        for field in route.fields(in: .path) {
            // The router gives the segment as it came.
            guard let text = context.parameters.get(field.name), let decoded = text.removingPercentEncoding else {
                throw OperatorError(.malformed, "the address is not percent-encoded UTF-8")
            }
            path[field.name] = decoded
        }
        query = try Self.query(request.uri.query)
        for field in route.fields {
            guard case .header(let header) = field.place, let name = HTTPField.Name(header) else { continue }
            // Several fields of one name are one list (RFC 9110, 5.3).
            let values = request.headers[values: name]
            if !values.isEmpty { headers[header.lowercased()] = values.joined(separator: ", ") }
        }
        body = try await Self.body(request, route)
    }

    private static func query(_ text: String?) throws -> [(name: String, value: String)] {
        guard let text, !text.isEmpty else { return [] }
        return try text.split(separator: "&", maxSplits: 32).map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = sides.map { $0.replacing("+", with: "%20").removingPercentEncoding }
            guard let name = decoded.first ?? nil, let value = decoded.count == 2 ? decoded[1] : "" else {
                throw OperatorError(.malformed, "the query is not percent-encoded UTF-8")
            }
            return (name, value)
        }
    }

    private static func body(_ request: Request, _ route: AdminRoute) async throws -> Data {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: route.maximumBody)
        } catch is NIOTooManyBytesError {
            throw OperatorError(.tooLarge, "the body is longer than \(route.maximumBody >> 10) KiB")
        }
        let data = Data(buffer.readableBytesView)
        guard !data.isEmpty, route.takesBody else { return data }
        let type = try mediaType(request, route)
        // Documents are read as YAML, which JSON nearly is: what says that it is JSON must be.
        if type == "application/json", (try? JSONSerialization.jsonObject(with: data)) == nil {
            throw OperatorError(.malformed, "the body is not JSON")
        }
        return data
    }

    private static func mediaType(_ request: Request, _ route: AdminRoute) throws -> String {
        let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased()
            .trimmingCharacters(in: .whitespaces)
        let takesYAML = !route.fields(in: .document).isEmpty
        let known = ["application/json"] + (takesYAML ? ["application/yaml", "application/x-yaml", "text/yaml"] : [])
        guard let type, known.contains(type) else {
            throw Problem(
                .unsupportedMediaType, code: "unsupportedMediaType",
                detail:
                    "The body's Content-Type must be \(takesYAML ? "application/json or application/yaml" : known[0]).")
        }
        return type
    }
}

/// Links between pages (RFC 8288).
enum AdminLink {
    /// The same request with another `after`.
    static func next(after cursor: String, in address: String) -> String {
        let sides = address.split(separator: "?", maxSplits: 1).map(String.init)
        let others = (sides.count == 2 ? sides[1] : "").split(separator: "&").filter { !$0.hasPrefix("after=") }
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        let value = cursor.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
        return (sides.first ?? "") + "?" + (others.map(String.init) + ["after=\(value)"]).joined(separator: "&")
    }
}
