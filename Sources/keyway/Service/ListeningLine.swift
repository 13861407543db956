import Foundation
import KeyServer

/// The line of a listener that accepts; with `--json` an object, a line for each.
struct ListeningLine: Encodable {
    var listener: String
    var url: String

    func print(json: Bool) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard json, let object = try? encoder.encode(self) else {
            return Terminal.print("listening \(listener) \(url)")
        }
        Terminal.print(String(decoding: object, as: UTF8.self))
    }
}
