import Administration
import ArgumentParser

struct AuditPublicKeyCommand: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "public-key", abstract: "Print the public half of the audit log's signing key in PEM.")

    @OptionGroup var common: CommonOptions

    func verb() -> ShowAuditKey { ShowAuditKey() }
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
