import Administration
import ArgumentParser
import AssetFiles
import Foundation
import KeyServer

/// How files are sent to a server.
struct SendingOptions: ParsableArguments {
    @Flag(
        help: """
            Encrypt files here before they are sent; the server stores them as they come. On the data folder, where nothing \
            is sent, the same as --storage-encryption on.
            """)
    var encrypt = false

    @Option(
        help: """
            The fingerprint of the server's key that --encrypt encrypts to (KEYWAY_UPLOAD_KEY): another key is refused. \
            'keyway asset file upload-key' on the server shows it.
            """)
    var uploadKey: String?

    @Flag(
        help: """
            End what an earlier run began under that name, with --encrypt or without, and what arrives there under it and is \
            not known here; then begin anew.
            """)
    var restart = false

    /// In hexadecimal digits; nil to take the key that the server says.
    var fingerprint: String? {
        (uploadKey ?? ProcessInfo.processInfo.environment["KEYWAY_UPLOAD_KEY"].flatMap { $0.isEmpty ? nil : $0 })?
            .lowercased()
    }

    /// - Throws: `ValidationError` for options that contradict each other.
    func check(_ storage: StorageOptions) throws {
        guard !encrypt || storage.isEncrypted != false else {
            throw ValidationError("--encrypt stores files encrypted; --storage-encryption off does not go with it")
        }
        guard encrypt || uploadKey == nil else {
            throw ValidationError("--upload-key is of what --encrypt encrypts: without it files go as they are")
        }
    }

    /// Whether files are stored encrypted; nil for what is configured.
    func isEncrypted(_ storage: StorageOptions) -> Bool? { encrypt ? true : storage.isEncrypted }

    /// The public key that keys of files are encrypted to.
    ///
    /// - Throws: `CommandFailure` for a server that has none, or not the one that was named.
    static func recipient(of interface: any OperatorInterface, _ fingerprint: String?) async throws -> [UInt8] {
        let report: ShowUploadKey.Report
        do {
            report = try await interface.perform(ShowUploadKey())
        } catch let error as OperatorError where error.code == .missing {
            throw CommandFailure(
                .unavailable,
                "the server takes no files that are encrypted before they are sent: it is of an older version. Nothing was "
                    + "sent; without --encrypt files go as they are, under TLS alone")
        }
        guard let key = Data(base64Encoded: report.publicKey).map({ Array($0) }) else {
            throw CommandFailure(.software, "the server's public key for uploads is not base64")
        }
        let found = UploadKeys.fingerprint(of: key)
        guard fingerprint == nil || fingerprint == found else {
            throw CommandFailure(
                .notPermitted,
                "the key that files should be encrypted to has the fingerprint \(found), not the one that was named. "
                    + "Nothing was sent. Either the server has a new key, or somebody stands between it and you")
        }
        return key
    }
}
