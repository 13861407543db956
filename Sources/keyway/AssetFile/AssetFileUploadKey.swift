import Administration
import ArgumentParser
import KeyServer

struct AssetFileUploadKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload-key", abstract: "Show the public key that files are encrypted to before they are sent.",
        discussion: """
            Its fingerprint, as it stands on the server itself, is what --upload-key or KEYWAY_UPLOAD_KEY is given on other \
            machines. 'keyway secret delete keyway.upload-key' ends the key; the next command makes another one.
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.perform(ShowUploadKey()).print(json: common.json)
    }
}

extension ShowUploadKey.Report: Report {
    var text: String {
        """
        fingerprint  \(fingerprint)
        public key   \(publicKey)
        """
    }
}
