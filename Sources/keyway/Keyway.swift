import ArgumentParser
import KeyServer

/// The all-in-one program and command line.
struct Keyway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keyway",
        abstract: "Content protection for streaming: a key service and an encrypting origin.",
        discussion: """
            Without KEYWAY_URL the commands work on the local data folder (--data, KEYWAY_DATA, default ./var), also \
            while a server runs on it. With it they go to that server's admin API, with the token in KEYWAY_TOKEN \
            ('keyway admin token create'); the output is the same.
            """,
        version: Version.text,
        subcommands: [
            DemoCommand.self, ServeCommand.self, ApplyCommand.self, EncodeCommand.self, PresetCommand.self,
            PublishCommand.self, PackageCommand.self, AssetCommand.self, KeyCommand.self, SecretCommand.self,
            PolicyCommand.self, LocatorCommand.self,
            TokenCommand.self, RevocationCommand.self, ImportCommand.self, CPIXCommand.self, EncryptorCommand.self,
            OriginCommand.self, EndpointCommand.self, KEKCommand.self,
            ReviewCommand.self, KnownWorkCommand.self, AccessPolicyCommand.self, StorageCommand.self, JobCommand.self,
            OperationCommand.self,
            TransformCommand.self, NotificationCommand.self,
            AuditCommand.self, AdminCommand.self, BackupCommand.self, RestoreCommand.self,
            DoctorCommand.self,
            VersionCommand.self,
        ])
}

/// Starts the program: parses, runs, and turns every failure into a message on standard error and a code of sysexits.h.
@main
enum Program {
    static func main() async {
        ProgramStart.protect()
        // Before anything counts: what is counted before goes nowhere.
        do {
            var command = try Keyway.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            CommandFailure.exit(with: error, of: Keyway.self)
        }
    }
}
