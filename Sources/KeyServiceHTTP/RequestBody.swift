import HTTPSurface
import Hummingbird
import NIOCore

extension Request {
    /// The body, when it is not longer than a licence request may be.
    func licenceRequestBody() async throws -> [UInt8] {
        do {
            return Array(try await body.collect(upTo: KeyServiceRoutes.maximumBody).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Problem(.contentTooLarge, code: "bodyTooLarge", detail: "The body is longer than 64 KiB.")
        }
    }
}
