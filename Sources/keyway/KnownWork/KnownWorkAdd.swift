import Adapters
import Administration
import ArgumentParser
import AssetFiles
import Catalog
import ContentChecks
import Foundation
import Jobs
import KeyServer

struct KnownWorkAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a work that the sound of originals is compared with.",
        discussion: "The file is opened here, in the encoder child; only the fingerprint of its sound is kept or sent.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "Its name.")
    var name: String

    @Argument(help: "A file with its sound.")
    var file: String

    @Option(help: "For people.")
    var title: String?

    @Option(help: "What follows when an original has it, or a part of it: flag or reject.")
    var onMatch = KnownWork.Action.flag.rawValue

    func run() async throws {
        let content = CheckedContent(
            name: URL(fileURLWithPath: file).lastPathComponent, content: try FileContent(path: file))
        let probe = EncoderProbe(encoder: Installation.encoderPath)
        let items: [UInt32]
        switch try await probe.fingerprint(of: content) {
        case .found(let found): items = found
        case .notMedia(let reason), .unreadable(let reason), .died(let reason):
            throw CommandFailure(.badData, "'\(file)': \(reason)")
        }
        var bytes = Data(capacity: items.count * 4)
        for item in items { withUnsafeBytes(of: item.littleEndian) { bytes.append(contentsOf: $0) } }
        try await common.perform(
            AddKnownWork(name: name, title: title, action: onMatch, fingerprint: bytes.base64EncodedString())
        ).print(json: common.json)
    }
}
