import Adapters

extension ProgramStart {
    /// The same for a program that holds key-encryption keys, which are taken out of the environment.
    package static func protect() {
        protectProcess(takeSecrets: Installation.takeKEKsFromEnvironment)
    }
}
