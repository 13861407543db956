import Catalog
import OutboundHTTP

/// Asks caches for objects, so that they have them when players come.
public enum EdgeFetcher {
    /// Of one object, in bytes.
    private static let limit = 256 << 20
    private static let timeout = Duration.seconds(60)

    /// - Returns: how many bytes came.
    /// - Throws: `JobFailure` for the first object that does not come.
    public static func fetch(_ urls: [String]) async throws -> Int {
        let client = OutboundClient(keepsConnections: true)
        let outcome: Result<Int, any Error>
        do {
            var bytes = 0
            for url in urls { bytes += try await fetch(url, client) }
            outcome = .success(bytes)
        } catch {
            outcome = .failure(error)
        }
        await client.shutDown()
        return try outcome.get()
    }

    private static func fetch(_ url: String, _ client: OutboundClient) async throws -> Int {
        try Task.checkCancellation()
        let answer: OutboundAnswer
        do throws(OutboundError) {
            answer = try await client.ask(OutboundRequest(.get, url), limit: limit, timeout: timeout)
        } catch {
            throw JobFailure(.edgeFailed, "\(url) \(error.reason)", as: error.code == .tooLong ? .content : nil)
        }
        guard answer.status == 200 else {
            // What a server says of itself may pass; what it says of the question does not.
            let mayPass = answer.status >= 500 || answer.status == 429
            throw JobFailure(
                .edgeFailed, "\(url) was answered with \(answer.status)", as: mayPass ? nil : .configuration)
        }
        return answer.body.count
    }
}
