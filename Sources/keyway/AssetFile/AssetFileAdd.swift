import Administration
import ArgumentParser
import AssetFiles
import Catalog
import Foundation
import KeyServer

struct AssetFileAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Send a file into an asset as an original, whatever it is.",
        discussion: """
            The same command goes on where it was when it was broken off. The content's SHA-256 is said before and \
            checked after; content that is there already is not sent again, whatever asset it is in: --again adds it to this \
            one, too. Over KEYWAY_URL by tus 1.0; with --encrypt \
            nothing that lies between here and the server sees the content, and neither does its disk.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The asset's name; 'keyway asset create' makes one.")
    var asset: String

    @Argument(help: "The file.")
    var file: String

    @Option(help: "The name that it has in the asset (default: the file's own).")
    var name: String?

    @Option(help: "The content type.")
    var type = "application/octet-stream"

    @Option(help: "So many uploads at once.")
    var parallel = 1

    @Flag(help: "Send it also when the same content is there already.")
    var again = false

    @OptionGroup var storage: StorageOptions

    @OptionGroup var sending: SendingOptions

    private struct Answer: Report {
        var file: AssetFileReport
        /// False when the content was there already.
        var sent: Bool
        /// How many bytes an earlier run had sent.
        var resumedAt: UInt64
        /// The asset that it was to go into.
        var into: String
        /// Where that asset is.
        var account: String?

        var text: String {
            guard !sent else { return file.text + elsewhere }
            return into == file.asset
                ? "nothing was sent: the content is there already, as \(file.asset)/\(file.name); --again sends it all the same"
                : "nothing was sent, and nothing was added to asset '\(into)': the content is in asset '\(file.asset)' already, as "
                    + "\(file.asset)/\(file.name); --again sends it into '\(into)', too"
        }

        /// Where its bytes are, when that is not where the asset is.
        private var elsewhere: String {
            guard let account, !file.storageAccounts.isEmpty, file.storageAccounts != [account] else { return "" }
            return
                "\nnote: it lies in storage account \(file.storageAccounts.map { "'\($0)'" }.joined(separator: ", ")), since "
                + "'\(account)', the account of the asset, does not take it now: 'keyway storage status' says why"
        }

        private enum CodingKeys: String, CodingKey {
            case file, sent, resumedAt
        }
    }

    func validate() throws {
        guard (1...64).contains(parallel) else { throw ValidationError("--parallel lies between 1 and 64") }
        try sending.check(storage)
    }

    func run() async throws {
        let source = try SourceFile(path: file)
        let name = name ?? URL(fileURLWithPath: file).lastPathComponent
        guard AssetFileRecord.isName(name) else {
            throw CommandFailure(
                .badData, "'\(name)' cannot name a file of an asset: letters, digits, '.', '_', '-', '+'; give --name")
        }
        let answer = try await OriginalUpload.with(common) { try await send(source, as: name, to: $0) }
        try answer.print(json: common.json)
        guard answer.file.state == AssetFileState.ready.rawValue else {
            let isHeld = ["waiting", "review"].contains(answer.file.checks)
            throw CommandFailure(
                isHeld ? .tryLater : .badData,
                "\(asset)/\(name) is in state \(answer.file.text)"
                    + (isHeld ? "\n'keyway review show \(answer.file.id)' says what its checks found" : ""))
        }
    }

    private func send(_ source: SourceFile, as name: String, to target: OriginalUpload) async throws -> Answer {
        try await target.prepare(sending)
        // Before all else: content that is somewhere else says nothing of an asset that is nowhere.
        let account = try await target.interface.perform(ShowAsset(name: asset)).accountForNew
        let digest = try target.digest(of: source, name: name, sending)
        if !again {
            let files = try await target.interface.perform(FindContent(sha256: digest.whole.hexDigits)).files
            if files.contains(where: { $0.asset == asset && $0.name == name }) {
                target.forgetKey(asset: asset, name: name)
            } else if !files.isEmpty {
                try await target.endUploads(asset: asset, name: name, sha256: digest.whole.hexDigits)
            }
            if let known = files.first(where: { $0.asset == asset }) ?? files.first {
                return Answer(file: known, sent: false, resumedAt: 0, into: asset)
            }
        }
        let sent = try await target.send(
            source, digest: digest,
            OriginalUpload.Order(
                asset: asset, name: name, contentType: type, parallel: parallel,
                isEncrypted: sending.isEncrypted(storage), sending: sending))
        return Answer(file: sent.file, sent: true, resumedAt: sent.resumedAt, into: asset, account: account)
    }
}
