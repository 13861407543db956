import Administration
import ArgumentParser

struct AuditPublicKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "public-key", abstract: "Print the public half of the audit log's signing key in PEM.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform(ShowAuditKey()).print(json: common.json)
    }
}

extension ShowAuditKey.Report: Report {
    var text: String { pem.trimmingSuffix { $0.isNewline } }
}

extension String {
    fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, isDropped(last) { text.removeLast() }
        return String(text)
    }
}
