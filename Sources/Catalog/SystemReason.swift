public import Foundation
import Glibc

/// Why the machine refused something, in its own short words: what Foundation says of it is for dialogues.
public enum SystemReason {
    /// `no such file or directory`.
    public static func text(_ error: any Error) -> String {
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

    /// The same as a sentence with the file, where nobody on its way had words of its own.
    public static func sentence(_ error: CocoaError) -> String {
        let place = (error.filePath ?? error.url?.path).map { "'\($0)'" } ?? "a file"
        return "\(place) cannot be used: \(text(error)); see that it is there and that this user may use it"
    }

    /// The `errno` below what Foundation made of it.
    private static func number(of error: any Error) -> Int32? {
        if let error = error as? POSIXError { return error.code.rawValue }
        if let below = (error as? CocoaError)?.underlying { return number(of: below) }
        let error = error as NSError
        return error.domain == NSPOSIXErrorDomain ? Int32(exactly: error.code) : nil
    }
}
