import AdminClient
import AssetFiles
import Catalog
import Foundation
import KeyServer

/// Where originals go: into the data folder, or to a server.
protocol UploadChannel: Sendable {
    /// Begins an upload of that many bytes.
    ///
    /// - Parameter partials: what it is made of, instead of bytes.
    /// - Returns: what names it from now on.
    func create(_ upload: PlannedUpload, length: UInt64, partials: [String]?) async throws -> String
    /// How many bytes have arrived; nil when nobody knows the upload any more.
    func offset(of upload: String) async throws -> UInt64?
    /// - Returns: how many bytes have arrived in all.
    func send(to upload: String, at offset: UInt64, _ bytes: SourceFile.Bytes) async throws -> UInt64
    /// Ends an upload; one that nobody knows, or whose file is there already, is fine.
    func end(_ upload: String) async throws
}

/// What an upload is of.
struct PlannedUpload: Sendable {
    var asset: String
    /// Nil for a part of a file.
    var file: String?
    var contentType: String
    /// In hexadecimal digits.
    var sha256: String
    var isEncrypted: Bool?
    /// Whether the bytes are encrypted before they are sent.
    var isSealed = false
    /// The file's key, for the server alone; nil for a part of a file.
    var sealedKey: [UInt8]?
    /// What it is known by when nobody hears that it began; nil for what joins several.
    var attempt: String?
}

extension UploadClient: UploadChannel {
    func create(_ upload: PlannedUpload, length: UInt64, partials: [String]?) async throws -> String {
        var metadata = [(name: "asset", value: upload.asset)]
        if let file = upload.file {
            metadata += [("filename", file), ("filetype", upload.contentType), ("sha256", upload.sha256)]
        }
        if upload.isSealed {
            metadata.append(("encryption", "sender"))
        } else if let isEncrypted = upload.isEncrypted {
            metadata.append(("encryption", isEncrypted ? "on" : "off"))
        }
        if let attempt = upload.attempt { metadata.append(("attempt", attempt)) }
        if let key = upload.sealedKey { metadata.append(("sealedkey", Data(key).base64EncodedString())) }
        return try await create(
            length: partials == nil ? length : nil, metadata: metadata,
            concatenation: partials.map { "final;" + $0.joined(separator: " ") }
                ?? (upload.file == nil ? "partial" : nil))
    }

    func send(to upload: String, at offset: UInt64, _ bytes: SourceFile.Bytes) async throws -> UInt64 {
        try await send(to: upload, at: offset, bytes, count: UInt64(bytes.range.count))
    }
}

/// Into the data folder of this machine.
struct LocalUploads: UploadChannel {
    let service: UploadService
    let actor: String

    func create(_ upload: PlannedUpload, length: UInt64, partials: [String]?) async throws -> String {
        let role: UploadRequest.Role =
            switch (upload.file, partials) {
            case (let file?, let partials?): .final(name: file, of: partials.map { UploadID(rawValue: $0) })
            case (let file?, nil): .whole(name: file)
            case (nil, _): .partial
            }
        let request = UploadRequest(
            asset: upload.asset, role: role, length: length, contentType: upload.contentType,
            digest: [UInt8](hexDigits: upload.sha256), isEncrypted: upload.isEncrypted,
            attempt: upload.attempt)
        return try await service.create(request, actor: actor).id.rawValue
    }

    func offset(of upload: String) async throws -> UInt64? {
        do {
            return try await service.upload(UploadID(rawValue: upload)).offset
        } catch let error as AssetFileError where error.code == .missing {
            return nil
        }
    }

    func send(to upload: String, at offset: UInt64, _ bytes: SourceFile.Bytes) async throws -> UInt64 {
        try await service.append(to: UploadID(rawValue: upload), at: offset, bytes).offset
    }

    func end(_ upload: String) async throws {
        do {
            try await service.terminate(UploadID(rawValue: upload))
        } catch let error as AssetFileError where error.code == .missing || error.code == .complete {
            return
        }
    }
}
