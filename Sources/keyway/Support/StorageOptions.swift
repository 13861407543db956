import ArgumentParser

/// How what a verb makes is stored.
struct StorageOptions: ParsableArguments {
    enum Encryption: String, ExpressibleByArgument, CaseIterable {
        case on, off
    }

    @Option(
        help: "Whether media is encrypted in storage: on or off (default: storage.encryption of the configuration).")
    var storageEncryption: Encryption?

    /// Nil for what is configured.
    var isEncrypted: Bool? { storageEncryption.map { $0 == .on } }
}
