import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The audit log: every decision on a key, before its release.",
        subcommands: [
            AuditTail.self, AuditVerify.self, AuditCheckpointCommand.self, AuditPublicKeyCommand.self,
            AuditExport.self, AuditPrune.self,
        ])
}
