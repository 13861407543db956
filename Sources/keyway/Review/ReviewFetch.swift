import Adapters
import Administration
import ArgumentParser
import AssetFiles
import Catalog
import Foundation
import Glibc
import KeyServer
import MediaStorage

struct ReviewFetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Write an original that waits for a decision into a file, to look at it.",
        discussion: """
            Works on the data folder. Nothing has vouched for what is written: look at it where it can do no harm. That it \
            was taken is audited.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var subject: ReviewSubject

    @Option(name: .shortAndLong, help: "Where it is written; must not exist.")
    var output: String

    private struct Answer: Report {
        var path: String
        var bytes: UInt64
        var text: String { "\(path): \(bytes) bytes" }
    }

    func run() async throws {
        let installation = try await common.open()
        let id = try await subject.resolved(installation.localOperator())
        guard let found = try await installation.catalog.quarantinedFile(AssetFileID(rawValue: id.lowercased())) else {
            throw CommandFailure(.noInput, "there is no review '\(id)'")
        }
        let content: any MediaReader
        do {
            content = try await installation.storedAssets.openForReview(found)
        } catch let error as AssetFileError {
            throw CommandFailure(.badData, error.reason)
        }
        var event = AuditEvent(time: Date(), action: .reviewFetched)
        event.actor = Installation.localActor
        event.detail = "\(found.file.asset): \(found.file.name)"
        try await installation.catalog.apply([.audit(event)])
        let descriptor = open(output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure(.cannotCreate, "cannot make '\(output)', or it is there already")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try content.forEachPiece { try handle.write(contentsOf: Data($0)) }
        try handle.close()
        try Answer(path: output, bytes: content.size).print(json: common.json)
    }
}
