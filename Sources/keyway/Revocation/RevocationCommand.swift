import ArgumentParser

struct RevocationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revocation", abstract: "Take back tokens, subjects and issuers' keys, within a second.",
        discussion: """
            A policy is switched off with 'enabled: false', a content key with 'keyway key disable', a locator with \
            'keyway locator revoke', a secret with 'keyway secret delete'.
            """,
        subcommands: [RevocationAdd.self, RevocationList.self, RevocationRemove.self])
}
