import Administration
import ArgumentParser
import Catalog
import ContentKeys
import Foundation
import KeyServer
import Policies

struct KeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List and search the content keys, a page at a time.",
        discussion: """
            In order of key id; of name with --search; of creation with --created-from or --created-before. Keys that a \
            seed gives without a row are in no list.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Keys whose name starts with this.")
    var search: String?

    @Option(help: "Keys of this type.")
    var type: String?

    @Option(name: [.customLong("policy"), .customLong("auth")], help: "Keys under this authorization policy.")
    var policy: String?

    @Option(help: "enabled, disabled or pendingDeletion.")
    var state: String?

    @Option(help: "all, audio, video, sd, hd or uhd.")
    var label: String?

    @Option(help: "Made at this time (RFC 3339) or later.")
    var createdFrom: String?

    @Option(help: "Made before this time.")
    var createdBefore: String?

    @Option(help: "Where the page before ended, as it says itself.")
    var after: String?

    @Option(help: "At most this many, up to 1000.")
    var limit = 100

    func run() async throws {
        let isSearch = [search, type, policy, state, label, createdFrom, createdBefore].contains { $0 != nil }
        guard isSearch else {
            let report = try await common.perform(ListKeys(after: after, limit: limit))
            return try KeyPageReport(keys: report.keys, next: report.next).print(json: common.json)
        }
        if let type, ContentKeyType(rawValue: type) == nil {
            throw CommandFailure(.usage, "--type must be common, common-cbcs, envelope or storage, not '\(type)'")
        }
        if let state, ContentKeyState(rawValue: state) == nil {
            throw CommandFailure(.usage, "--state must be enabled, disabled or pendingDeletion, not '\(state)'")
        }
        try await common.perform(
            SearchKeys(
                search: search, type: type, authorizationPolicy: policy, state: state,
                label: try label.map(KeyOptions.label)?.rawValue,
                createdFrom: try createdFrom.map { try KeyOptions.time($0, "--created-from") },
                createdBefore: try createdBefore.map { try KeyOptions.time($0, "--created-before") }, after: after,
                limit: limit)
        ).print(json: common.json)
    }
}
