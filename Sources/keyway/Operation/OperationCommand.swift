import Administration
import ArgumentParser
import KeyServer

struct OperationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operation", abstract: "Long work of a server: backups, rotations, verifications.",
        discussion: """
            Operations are those of the server at KEYWAY_URL. They are kept in its memory: one that ended with its server is \
            not there any more, and its command is run again. On a data folder long work ends with the command that does it.

            Exit codes: 0 done; 65 what was looked at is damaged, or the operation has ended and cannot be canceled; 66 the server \
            knows no such operation; 69 it was canceled, its server ended or does not answer, or KEYWAY_URL is not set; 73 the \
            place of a backup is taken; 74 a disk failed; 77 the token's role may not.
            """,
        subcommands: [OperationList.self, OperationShow.self, OperationWatch.self, OperationCancel.self])
}

extension CommonOptions {
    /// The server whose operations are asked for.
    func makeServerOperator() async throws -> any OperatorInterface {
        guard Self.isRemote else {
            throw CommandFailure(
                .unavailable,
                "operations are those of a server: set KEYWAY_URL and KEYWAY_TOKEN; on a data folder long work ends with the "
                    + "command that does it")
        }
        return try await makeOperator()
    }
}
