public import Administration
public import AssetFiles
import Catalog
import Foundation
public import HTTPSurface
import HTTPTypes
public import Hummingbird
import NIOCore

/// Originals by the tus protocol 1.0, for operators: `/v1/uploads`. Nothing is decided here.
///
/// `Upload-Metadata` names where the bytes go: `asset`, `filename`, and if it likes `filetype`, `sha256` (hexadecimal
/// digits) and `encryption` (`on`, `off`, or `sender` for what the sender encrypted, with the file's key as `sealedkey`). Partial
/// uploads name their asset, too.
public struct UploadRoutes: Sendable {
    private static let path = "/v1/uploads"
    private static let maximumMetadata = 8 << 10

    private let uploads: UploadService
    private let authentication: AdminAuthentication

    public init(uploads: UploadService, authentication: AdminAuthentication) {
        self.uploads = uploads
        self.authentication = authentication
    }

    public func add(to router: Router<ServiceRequestContext>) {
        let one = RouterPath("v1/uploads/:upload")
        for path in [RouterPath("v1/uploads"), one] { router.on(path, method: .options) { _, _ in capabilities } }
        router.post("v1/uploads") { try await answer($0, $1, create) }
        router.head(one) { try await answer($0, $1, state) }
        router.patch(one) { try await answer($0, $1, append) }
        router.delete(one) { try await answer($0, $1, terminate) }
    }

    private var capabilities: Response {
        Response(
            status: .noContent,
            headers: [
                Tus.resumable: Tus.version, Tus.field("Tus-Version"): Tus.version,
                Tus.field("Tus-Extension"): Tus.extensions,
                Tus.field("Tus-Checksum-Algorithm"): UploadChecksum.Algorithm.allCases.map(\.rawValue)
                    .joined(separator: ","),
                Tus.field("Tus-Max-Size"): "\(uploads.sizeLimit)", .cacheControl: "no-store",
            ])
    }

    /// Lets in who may, and turns refusals into problems.
    private func answer(
        _ request: Request, _ context: ServiceRequestContext,
        _ body: (Request, ServiceRequestContext, AdminIdentity) async throws -> Response
    ) async throws -> Response {
        do {
            let identity = try await authentication.identify(request, context, .operator)
            guard request.headers[Tus.resumable] == Tus.version else {
                throw Problem(
                    .preconditionFailed, code: "tusVersion", detail: "This is tus \(Tus.version): say Tus-Resumable.",
                    headers: [Tus.field("Tus-Version"): Tus.version])
            }
            var response = try await body(request, context, identity)
            response.headers[Tus.resumable] = Tus.version
            response.headers[.cacheControl] = "no-store"
            return response
        } catch let error as AssetFileError {
            throw Problem(upload: error)
        } catch let error as CatalogError where error.code == .exists || error.code == .conflict {
            throw Problem(upload: AssetFileError(error.code == .exists ? .exists : .malformed, error.reason))
        } catch {
            // An account of storage that is away, too.
            guard let meaning = OperatorError(meaning: error) else { throw error }
            throw Problem(meaning)
        }
    }

    private func create(
        _ request: Request, _ context: ServiceRequestContext, _ identity: AdminIdentity
    ) async throws -> Response {
        var upload = try await uploads.create(try creation(request.headers), actor: identity.name)
        // Creation With Upload: the bytes may come at once.
        if request.headers[.contentType]?.lowercased() == Tus.mediaType, !upload.isComplete {
            upload = try await uploads.append(
                to: upload.id, at: 0, Self.bytes(of: request), checksum: checksum(request))
        }
        var headers = Self.headers(of: upload)
        headers[.location] = "\(Self.path)/\(upload.id)"
        return Response(status: .created, headers: headers)
    }

    private func creation(_ fields: HTTPFields) throws -> UploadRequest {
        let text = fields[Tus.metadata] ?? ""
        guard text.utf8.count <= Self.maximumMetadata else {
            throw AssetFileError(.malformed, "Upload-Metadata is longer than \(Self.maximumMetadata) bytes")
        }
        guard fields[Tus.deferredLength] == nil else {
            throw AssetFileError(.malformed, "Upload-Defer-Length is not offered: say Upload-Length")
        }
        let metadata = try Tus.metadata(text)
        guard let asset = metadata["asset"] else {
            throw AssetFileError(.malformed, "Upload-Metadata does not name an asset; partial uploads do, too")
        }
        var request = UploadRequest(asset: asset, role: .partial, length: 0, metadata: Tus.withoutKey(text))
        switch fields[Tus.concatenation] {
        case "partial": request.length = try Tus.number(fields, Tus.length)
        case nil:
            request.role = .whole(name: try Self.fileName(metadata))
            request.length = try Tus.number(fields, Tus.length)
        case let list?: request.role = .final(name: try Self.fileName(metadata), of: try Self.partials(list))
        }
        request.contentType = String((metadata["filetype"] ?? "application/octet-stream").prefix(256))
        if let digits = metadata["sha256"] {
            guard let digest = [UInt8](hexDigits: digits), digest.count == 32 else {
                throw AssetFileError(.malformed, "sha256 in Upload-Metadata must be 64 hexadecimal digits")
            }
            request.digest = digest
        }
        switch metadata["encryption"] {
        case nil: break
        case "on": request.isEncrypted = true
        case "off": request.isEncrypted = false
        case "sender": request.isSealed = true
        default: throw AssetFileError(.malformed, "encryption in Upload-Metadata must be on, off or sender")
        }
        if let attempt = metadata["attempt"] {
            guard (16...64).contains(attempt.utf8.count) else {
                throw AssetFileError(.malformed, "attempt in Upload-Metadata must be 16 to 64 random characters")
            }
            request.attempt = attempt
        }
        if let text = metadata[Tus.sealedKey] {
            guard let key = Data(base64Encoded: text), key.count == SealedUpload.sealedKeyLength else {
                throw AssetFileError(
                    .malformed, "sealedkey in Upload-Metadata must be \(SealedUpload.sealedKeyLength) bytes in base64")
            }
            request.sealedKey = Array(key)
        }
        return request
    }

    private static func fileName(_ metadata: [String: String]) throws -> String {
        guard let name = metadata["filename"] ?? metadata["name"] else {
            throw AssetFileError(.malformed, "Upload-Metadata does not name the file: filename")
        }
        return name
    }

    /// `final;` and the addresses of partial uploads, whole or paths only.
    private static func partials(_ text: String) throws -> [UploadID] {
        guard text.hasPrefix("final;") else {
            throw AssetFileError(.malformed, "Upload-Concat must be partial, or final; and the uploads")
        }
        return text.dropFirst(6).split(separator: " ").map { address in
            UploadID(rawValue: String(address.split(separator: "/").last ?? ""))
        }
    }

    private func state(
        _ request: Request, _ context: ServiceRequestContext, _ identity: AdminIdentity
    ) async throws -> Response {
        let upload = try await uploads.upload(id(context))
        var headers = Self.headers(of: upload)
        headers[Tus.length] = "\(upload.length)"
        if !upload.metadata.isEmpty { headers[Tus.metadata] = upload.metadata }
        switch upload.role {
        case .whole: break
        case .partial: headers[Tus.concatenation] = "partial"
        case .final(_, let parts):
            headers[Tus.concatenation] = "final;" + parts.map { "\(Self.path)/\($0)" }.joined(separator: " ")
        }
        return Response(status: .ok, headers: headers)
    }

    private func append(
        _ request: Request, _ context: ServiceRequestContext, _ identity: AdminIdentity
    ) async throws -> Response {
        guard request.headers[.contentType]?.lowercased() == Tus.mediaType else {
            throw Problem(
                .unsupportedMediaType, code: "unsupportedMediaType",
                detail: "The Content-Type must be \(Tus.mediaType).",
                headers: [Tus.resumable: Tus.version])
        }
        let upload = try await uploads.append(
            to: id(context), at: Tus.number(request.headers, Tus.offset), Self.bytes(of: request),
            checksum: checksum(request))
        return Response(status: .noContent, headers: Self.headers(of: upload))
    }

    private func terminate(
        _ request: Request, _ context: ServiceRequestContext, _ identity: AdminIdentity
    ) async throws -> Response {
        try await uploads.terminate(id(context))
        return Response(status: .noContent)
    }

    private func id(_ context: ServiceRequestContext) throws -> UploadID {
        UploadID(rawValue: context.parameters.get("upload") ?? "")
    }

    private func checksum(_ request: Request) throws -> UploadChecksum? {
        guard let text = request.headers[Tus.checksum] else { return nil }
        guard let checksum = UploadChecksum(text) else {
            throw AssetFileError(
                .malformed, "Upload-Checksum must be an algorithm of Tus-Checksum-Algorithm and a sum in base64")
        }
        return checksum
    }

    private static func bytes(of request: Request) -> AsyncMapSequence<RequestBody, [UInt8]> {
        request.body.map { Array($0.readableBytesView) }
    }

    private static func headers(of upload: UploadRecord) -> HTTPFields {
        var headers: HTTPFields = [Tus.offset: "\(upload.offset)"]
        if !upload.isComplete { headers[Tus.expires] = HTTPDate.format(upload.expires) }
        return headers
    }
}
