import Administration
import ArgumentParser
import Catalog
import ContentKeys
import Foundation
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
        guard !CommonOptions.isRemote else {
            throw CommandFailure(
                .unavailable, "over KEYWAY_URL keys are listed, not searched: give --after and --limit only")
        }
        guard (1...1000).contains(limit) else { throw CommandFailure(.badData, "--limit lies between 1 and 1000") }
        let query = try query()
        let operations = try await common.open().keyOperations
        var page = try await operations.list(query)
        // A page looks at so many keys only; a person asked for a number of matches.
        var next = query
        while page.keys.count < query.limit, let after = page.next {
            next.after = after
            next.limit = query.limit - page.keys.count
            let more = try await operations.list(next)
            page.keys += more.keys
            page.next = more.next
        }
        try page.print(json: common.json)
    }

    private func query() throws -> KeyQuery {
        KeyQuery(
            namePrefix: search,
            type: try type.map { text in
                guard let type = ContentKeyType(rawValue: text) else {
                    throw CommandFailure(
                        .badData, "--type must be common, common-cbcs, envelope or storage, not '\(text)'")
                }
                return type
            },
            authorizationPolicy: policy,
            state: try state.map { text in
                guard let state = ContentKeyState(rawValue: text) else {
                    throw CommandFailure(
                        .badData, "--state must be enabled, disabled or pendingDeletion, not '\(text)'")
                }
                return state
            },
            label: try label.map(KeyOptions.label),
            createdFrom: try createdFrom.map { try KeyOptions.time($0, "--created-from") },
            createdBefore: try createdBefore.map { try KeyOptions.time($0, "--created-before") }, after: after,
            limit: limit)
    }
}
