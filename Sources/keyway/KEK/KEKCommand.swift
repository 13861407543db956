import ArgumentParser

struct KEKCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kek", abstract: "Key-encryption keys: what wraps every stored key and secret.",
        subcommands: [KEKStatus.self, KEKRotate.self])
}
