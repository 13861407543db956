import Foundation
import Glibc
import HTTPSurface
import Logging
import Settings

/// Standard output carries results and nothing else; standard error carries what a person is told on the way.
package enum Terminal {
    /// Whether progress may be drawn: standard error is a terminal.
    package static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    package static func print(_ text: String) {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// What goes wrong, and what a person is told on the way: in the form of the log.
    package static func error(_ text: String) {
        say(text, .error)
    }

    /// What a program goes on in spite of.
    package static func warn(_ warnings: [String], of program: String) {
        for warning in warnings { say("\(program): warning: \(clean(warning))", .warning) }
    }

    private static func say(_ text: String, _ level: Logger.Level) {
        let isJSON = ServiceLog.form == .json
        let name = ProcessInfo.processInfo.processName
        write(isJSON ? LogLine(level: level, logger: name, message: text).text : text + "\n", to: STDERR_FILENO)
    }

    /// Redraws the current line of standard error.
    package static func redraw(_ text: String) {
        write("\r\u{1B}[K" + text, to: STDERR_FILENO)
    }

    package static func clearLine() {
        write("\r\u{1B}[K", to: STDERR_FILENO)
    }

    /// Values come from tokens and requests: nothing of them may draw on a terminal, turn its writing round or look like
    /// another field.
    package static func quoted(_ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
        return isPlain ? value : clean(value.debugDescription)
    }

    /// A text of several words, some of which come from files of others: what draws on a terminal or breaks its line is written
    /// as `\\u{…}`.
    package static func clean(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { cleaned, scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
                cleaned += "\\u{\(String(scalar.value, radix: 16))}"
            default: cleaned.unicodeScalars.append(scalar)
            }
        }
    }

    /// The same for a value that stands alone, where spaces mislead nobody.
    package static func plain(_ value: String) -> String {
        value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? value : clean(value.debugDescription)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        guard descriptor != STDERR_FILENO else { return StandardError.write(text) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A reader that went away is not an error of ours.
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
