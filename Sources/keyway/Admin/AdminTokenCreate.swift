import Administration
public import ArgumentParser
public import Catalog
import KeyServer
import Policies

struct AdminTokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token and print it, this once; only its hash is kept.")

    @OptionGroup var common: CommonOptions

    @Argument(help: "Names the token's holder in the audit log; a name is never used again.")
    var name: String

    @Option(help: "reader, operator or key-admin.")
    var role: AdminRole

    @Option(help: "How long the token lives, as 12h or 30d (default: until it is revoked).")
    var expires: String?

    func run() async throws {
        guard AssetRecord.isName(name) else {
            throw CommandFailure(.usage, "'\(name)' is not a name: letters, digits, '.', '_' and '-', at most 128")
        }
        if let expires, DurationText.seconds(expires) ?? 0 == 0 {
            throw CommandFailure(.usage, "--expires is not a duration as 12h or 30d: '\(expires)'")
        }
        let verb = CreateAdminToken(name: name, role: role.rawValue, expires: expires)
        try await common.perform(verb).print(json: common.json)
    }
}

extension CreateAdminToken.Report: Report {
    /// The token alone, so that a script can take it as it is.
    var text: String { token }
}

extension AdminRole: ExpressibleByArgument {}
