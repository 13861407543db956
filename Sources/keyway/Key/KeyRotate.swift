import Administration
import ArgumentParser
import KeyServer

struct KeyRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give new asset versions a new key.",
        discussion: """
            Versions that exist keep their key, which is delivered as before; the new key encrypts every version that is \
            encoded from now on. The name of a key goes over to the new one.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The key's id or name.")
    var key: String?

    @Option(help: "Replace all keys of this asset.")
    var asset: String?

    private struct Answer: Report {
        var rotations: [KeyRotationReport]

        var text: String {
            let rows = rotations.flatMap { rotation in
                rotation.places.isEmpty
                    ? [[rotation.oldKeyId, rotation.newKeyId, "-", "-", "-", "-"]]
                    : rotation.places.map {
                        [
                            rotation.oldKeyId, rotation.newKeyId, $0.asset, $0.encryption, $0.label,
                            "\($0.sinceVersion)",
                        ]
                    }
            }
            return Table.render(["OLD KEY", "NEW KEY", "ASSET", "ENCRYPTION", "LABEL", "FROM VERSION"], rows)
        }
    }

    func run() async throws {
        let report: KeyRotationsReport
        switch (key, asset) {
        case (let key?, nil): report = try await common.perform(RotateKey(name: key))
        case (nil, let asset?): report = try await common.perform(RotateAssetKeys(name: asset))
        default: throw CommandFailure(.usage, "give a key, or --asset NAME")
        }
        try Answer(rotations: report.rotations).print(json: common.json)
    }
}
