import ArgumentParser

struct EncryptorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encryptor", abstract: "Packagers and encoders that ask this service for keys (CPIX, SPEKE).",
        discussion: """
            An encryptor is given keys under one authorization policy and no others. It shows its token as \
            'Authorization: Bearer …' to /cpix/speke/v2 and /cpix/keys.
            """,
        subcommands: [EncryptorCreate.self, EncryptorList.self, EncryptorRevoke.self])
}
