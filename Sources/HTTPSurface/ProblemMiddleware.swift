import Foundation
import HTTPTypes
public import Hummingbird
public import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2

/// Turns every thrown error into a problem document, so that no refusal leaves without one and no cause of ours leaks.
public struct ProblemMiddleware: RouterMiddleware {
    public typealias Context = ServiceRequestContext

    public init() {}

    public func handle(
        _ request: Request, context: ServiceRequestContext,
        next: (Request, ServiceRequestContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let problem as Problem {
            return problem.response(requestID: context.requestID)
        } catch let error as HTTPError {
            return Problem(error.status, code: "http", detail: error.status.reasonPhrase)
                .response(requestID: context.requestID)
        } catch is CancellationError {
            throw CancellationError()
        } catch  where Self.isClients(error) {
            context.logger.debug(
                "a request broke off", metadata: ["request": "\(context.requestID)", "error": "\(error)"])
            return Problem(.badRequest, code: "requestBroken", detail: "The request's body is not whole.")
                .response(requestID: context.requestID)
        } catch {
            return Problem(logging: error, requestID: context.requestID, context.logger)
                .response(requestID: context.requestID)
        }
    }
}

extension ProblemMiddleware {
    /// Whether the client went away, or sent what is no HTTP, while its request was read: nothing that an operator could mend.
    private static func isClients(_ error: any Error) -> Bool {
        if error is HTTPParserError || error is ChannelError || error is NIOHTTP2Errors.StreamClosed { return true }
        return (error as? IOError).map { [ECONNRESET, EPIPE, ETIMEDOUT, ENOTCONN].contains($0.errnoCode) } ?? false
    }
}

extension Problem {
    /// An error that nobody meant for the client: its cause is the operator's, the client learns the request's name.
    public init(logging error: any Error, requestID: String, _ logger: Logger) {
        logger.error(
            "request failed",
            metadata: ["request": "\(requestID)", "error": "\(String(describing: error).prefix(300))"])
        self.init(
            .serviceUnavailable, code: "unavailable", detail: "The service cannot answer now.",
            headers: [.retryAfter: "1"])
    }
}
