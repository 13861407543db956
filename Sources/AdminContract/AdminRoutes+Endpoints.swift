import Administration
import Catalog

extension AdminRoutes {
    static let endpoints = [
        AdminRoute(
            ListEndpoints.self, .get, "/v1/endpoints", .reader, "The streaming endpoints in order of name",
            [.after, .limit], answer: .named("EndpointList")),
        AdminRoute(
            ShowEndpoint.self, .get, "/v1/endpoints/{name}", .reader, "One streaming endpoint as a document",
            [.endpoint], answer: .named("Endpoint"), errors: [404]),
        AdminRoute(
            StartEndpoint.self, .post, "/v1/endpoints/{name}/start", .operator,
            "Let a streaming endpoint answer again", [.endpoint], answer: .named("EndpointState"),
            errors: [404, 412]),
        AdminRoute(
            StopEndpoint.self, .post, "/v1/endpoints/{name}/stop", .operator,
            "Stop a streaming endpoint: what is under way is finished, new requests get 503", [.endpoint],
            answer: .named("EndpointState"), errors: [404, 412]),
        AdminRoute(
            SignPath.self, .post, "/v1/endpoints/{name}/sign", .operator,
            "Sign a path: the query and the cookie that let its objects be fetched",
            [
                .endpoint,
                .body("path", .text(.text(1...1024)), "From its first slash on; one at its end stands for all below"),
                .body("expires", .text(.duration), "How long it is good, as 2h, which is usual", required: false),
                .body("ip", .text(.address), "Only for this client address", required: false),
                .body("alternate", .boolean, "Whether the alternate secret signs", required: false),
            ], answer: .named("SignedPath"), errors: [404, 409, 422]),
        AdminRoute(
            DeleteEndpoint.self, .delete, "/v1/endpoints/{name}", .operator,
            "Delete a streaming endpoint: its hosts are default's from then on, or nobody's", [.endpoint],
            answer: .named("EndpointDeleted"), errors: [404, 412]),
    ]
}

extension AdminRoute.Field {
    fileprivate static let endpoint = path("name", .name, "The streaming endpoint's name")
}
