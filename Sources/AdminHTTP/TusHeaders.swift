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
            let words = pair.split(separator: " ").map(String.init)
            guard let key = words.first, words.count <= 2 else {
                throw malformed("is a list of keys with a value each in base64, with commas between them")
            }
            guard values.count < mostMetadata else { throw malformed("has more than \(mostMetadata) keys") }
            guard values.updateValue(try value(of: key, words.dropFirst().first ?? ""), forKey: key) == nil else {
                throw malformed("has the key '\(shown(key))' twice")
            }
        }
        return values
    }

    private static let mostMetadata = 64

    private static func value(of key: String, _ text: String) throws -> String {
        guard let data = Data(base64Encoded: text) else {
            throw malformed("has a value of '\(shown(key))' that is not base64: encode it, with its padding")
        }
        guard let value = String(validating: data, as: UTF8.self) else {
            throw malformed(
                "has a value of '\(shown(key))' that is not a text in UTF-8: encode its UTF-8 bytes in base64")
        }
        return value
    }

    private static func malformed(_ what: String) -> AssetFileError {
        AssetFileError(.malformed, "Upload-Metadata \(what)")
    }

    /// A key as a client wrote it, cut to what a message may have.
    private static func shown(_ key: String) -> String {
        String(key.unicodeScalars.prefix(64).map { (0x21...0x7E).contains($0.value) ? Character($0) : "?" })
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
