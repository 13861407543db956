import AssetFiles
import Configuration
import Foundation
import Settings

/// What `uploads.…` says.
extension UploadSettings {
    static let fields = ["uploads.quota", "uploads.filesPerAsset", "uploads.sizeLimit", "uploads.expiry"]

    init(_ reader: ConfigReader, isEncrypted: Bool) throws {
        self.init(isEncrypted: isEncrypted)
        if reader.string(forKey: "uploads.quota") == "none" {
            quota = nil
        } else if let size = try reader.size("uploads.quota") {
            quota = size
        }
        filesPerAsset = try reader.number("uploads.filesPerAsset", in: 1...1_000_000) ?? filesPerAsset
        if let limit = try reader.size("uploads.sizeLimit") { sizeLimit = limit }
        if let seconds = try reader.duration("uploads.expiry") { expiry = seconds }
    }
}

extension ConfigReader {
    /// A size as `500G`: bytes, or with K, M, G or T so many times 1024; nil when the field is not there.
    fileprivate func size(_ field: String) throws -> UInt64? {
        guard let text = string(forKey: ConfigKey(field)) else { return nil }
        let unit = text.last.flatMap { "KMGT".firstIndex(of: $0) }
        let power = unit.map { "KMGT".distance(from: "KMGT".startIndex, to: $0) + 1 } ?? 0
        guard let number = UInt64(power > 0 ? String(text.dropLast()) : text), number > 0,
            number <= UInt64(Int64.max) >> UInt64(10 * power)
        else { throw ConfigurationError("\(field) must be a size as 500G or 1048576, not '\(text)'") }
        return number << UInt64(10 * power)
    }
}
