import AzureImport
import ContentKeys
import Foundation
import Policies

/// The exports in Tests/Vectors/azure, written after the service's reference.
enum Exports {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    static let folder = tests.appending(path: "Vectors/azure")
    static let golden = tests.appending(path: "Golden/AzureImport")

    /// The files of folders, under names that are the same on every machine.
    static func sources(_ folders: String...) throws -> [ExportSource] {
        try folders.flatMap { name in
            try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: name).path).sorted().map {
                source("\(name)/\($0)", try Data(contentsOf: folder.appending(path: "\(name)/\($0)")))
            }
        }
    }

    static func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    static func source(_ name: String, _ bytes: some Sequence<UInt8>) -> ExportSource {
        ExportSource(name: name, bytes: Array(bytes).withUnsafeBytes { ZeroedBytes(copying: $0) })
    }

    static func read(_ text: String, as name: String = "x.json") -> ImportedItems {
        AzureImport.read([source(name, Array(text.utf8))])
    }
}

extension ImportedItems {
    /// Everything that an option gives its key for.
    var options: [AuthorizationOption] { authorizationPolicies.flatMap(\.options) }

    /// What was left out or stands in the way.
    var refusals: [String] {
        findings.filter { [.refused, .error].contains($0.outcome) }.map(\.message)
    }
}

/// A generator whose numbers are the same in every run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
