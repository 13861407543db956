import AssetFiles
import Foundation

/// The public key that senders encrypt the keys of their files to, so that files are encrypted before they are sent.
public struct ShowUploadKey: OperatorVerb {
    public init() {}

    public struct Report: Codable, Sendable {
        /// SHA-256 of the public key, in hexadecimal digits.
        public var fingerprint: String
        /// X25519 (RFC 7748), in base64.
        public var publicKey: String
    }

    public func run(in context: OperatorContext) async throws -> Report {
        guard let keys = context.uploadKeys else {
            throw OperatorError(.unavailable, "files that are encrypted before they are sent are not taken here")
        }
        let key = try await keys.publicKey()
        return Report(fingerprint: UploadKeys.fingerprint(of: key), publicKey: Data(key).base64EncodedString())
    }
}
