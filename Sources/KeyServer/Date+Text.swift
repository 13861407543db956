package import Foundation

extension Date {
    /// RFC 3339 in UTC, whole seconds.
    package var rfc3339: String {
        ISO8601DateFormatter().string(from: self)
    }
}
