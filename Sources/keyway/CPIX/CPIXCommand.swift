import ArgumentParser

struct CPIXCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cpix", abstract: "Content keys to and from other programs, in CPIX documents.",
        subcommands: [CPIXExport.self, CPIXImport.self])
}
