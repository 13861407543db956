package import Foundation
import Glibc

/// Why the machine refused something, in its own short words: `no such file or directory`.
package enum SystemReason {
    package static func text(_ error: any Error) -> String {
        if let code = number(of: error) {
            let words = String(cString: strerror(code))
            return words.prefix(1).lowercased() + words.dropFirst()
        }
        switch (error as? CocoaError)?.code {
        case .fileNoSuchFile?, .fileReadNoSuchFile?: return "no such file or directory"
        case .fileReadNoPermission?, .fileWriteNoPermission?: return "permission denied"
        case .fileReadInapplicableStringEncoding?, .fileReadUnknownStringEncoding?, .fileReadCorruptFile?:
            return "it is not a text in UTF-8"
        case let code?: return "error \(code.rawValue) of the system's library"
        case nil: return "\(error)"
        }
    }

    /// A file's error where nobody on its way had words of its own.
    package static func failure(_ error: CocoaError) -> CommandFailure {
        let place = (error.filePath ?? error.url?.path).map { "'\($0)'" } ?? "a file"
        let isAbsent = error.code == .fileNoSuchFile || error.code == .fileReadNoSuchFile
        return CommandFailure(
            isAbsent ? .noInput : .inputOutput,
            "\(place) cannot be used: \(text(error)); see that it is there and that this user may use it")
    }

    /// The `errno` below what Foundation made of it.
    private static func number(of error: any Error) -> Int32? {
        if let error = error as? POSIXError { return error.code.rawValue }
        if let below = (error as? CocoaError)?.underlying { return number(of: below) }
        let error = error as NSError
        return error.domain == NSPOSIXErrorDomain ? Int32(exactly: error.code) : nil
    }
}
