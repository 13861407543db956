import AssetFiles
import Catalog
import Foundation
import HTTPSurface
import HTTPTypes

/// The words of the tus protocol 1.0 (https://tus.io/protocols/resumable-upload).
enum Tus {
    static let version = "1.0.0"
    static let extensions = "creation,creation-with-upload,checksum,termination,expiration,concatenation"
    static let mediaType = "application/offset+octet-stream"

    static func field(_ name: String) -> HTTPField.Name {
        // These names are tokens, so that there always is one.
        HTTPField.Name(name) ?? .accept
    }

    static let resumable = field("Tus-Resumable")
    static let offset = field("Upload-Offset")
    static let length = field("Upload-Length")
    static let deferredLength = field("Upload-Defer-Length")
    static let metadata = field("Upload-Metadata")
    static let concatenation = field("Upload-Concat")
    static let expires = field("Upload-Expires")
    static let checksum = field("Upload-Checksum")

    /// `Upload-Metadata`: keys with values in base64, with commas between them.
    ///
    /// - Throws: `AssetFileError` for what has another form.
    static func metadata(_ text: String) throws -> [String: String] {
        var values: [String: String] = [:]
        for pair in text.split(separator: ",") {
            let words = pair.split(separator: " ")
            guard (1...2).contains(words.count), values.count < 64,
                let data = words.count == 2 ? Data(base64Encoded: String(words[1])) : Data(),
                let value = String(validating: data, as: UTF8.self),
                values.updateValue(value, forKey: String(words[0])) == nil
            else { throw AssetFileError(.malformed, "Upload-Metadata is not a list of keys and values in base64") }
        }
        return values
    }

    /// Of the metadata, the sealed key of a file that its sender encrypted.
    static let sealedKey = "sealedkey"

    /// Metadata as they are kept: when a file is deleted nothing that its key could be had from stays here.
    static func withoutKey(_ text: String) -> String {
        text.split(separator: ",").filter { $0.split(separator: " ").first.map(String.init) != sealedKey }
            .joined(separator: ",")
    }

    static func number(_ fields: HTTPFields, _ name: HTTPField.Name) throws -> UInt64 {
        guard let text = fields[name], text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = UInt64(text), number <= UInt64(Int64.max)
        else { throw AssetFileError(.malformed, "\(name.rawName) must be a number of bytes") }
        return number
    }
}

/// The one table from errors of uploads to answers.
extension Problem {
    init(upload error: AssetFileError) {
        let status: HTTPResponse.Status =
            switch error.code {
            case .malformed: .badRequest
            case .missing: .notFound
            case .exists, .wrongOffset, .notReady: .conflict
            case .complete: .forbidden
            case .tooLarge, .quotaExceeded: .contentTooLarge
            case .busy: HTTPResponse.Status(code: 423, reasonPhrase: "Locked")
            case .unavailable: .serviceUnavailable
            // The tus protocol's own.
            case .wrongChecksum: HTTPResponse.Status(code: 460, reasonPhrase: "Checksum Mismatch")
            case .damaged: .gone
            }
        self.init(status, code: error.code.rawValue, detail: error.reason, headers: [Tus.resumable: Tus.version])
    }
}
