import AssetFiles
public import Catalog
import Configuration
public import ContentChecks
public import Foundation
import Settings

/// What originals are put to before they leave quarantine: `checks.…`. Rules and known works are in the catalog.
public struct CheckSettings: Sendable, Hashable {
    /// Nil for no ClamAV.
    public var clamav: ClamdAddress?
    /// How long clamd may say nothing, in seconds.
    public var clamavTimeout: TimeInterval
    /// What follows when it finds something: `rejected` or `flagged`.
    public var onFound: CheckFinding.Outcome
    /// So many originals are checked at once.
    public var concurrency: Int

    static let fields = ["checks.clamav", "checks.clamavTimeout", "checks.clamavFound", "checks.atOnce"]

    init(_ reader: ConfigReader) throws {
        clamav = try reader.string(forKey: "checks.clamav").map { text in
            guard let address = ClamdAddress(text) else {
                throw ConfigurationError(
                    "checks.clamav must be unix:/run/clamav/clamd.ctl, or tcp:127.0.0.1:3310 on this machine, not "
                        + "'\(text)'")
            }
            return address
        }
        clamavTimeout = TimeInterval(try reader.duration("checks.clamavTimeout", in: 1...86_400) ?? 600)
        onFound =
            switch reader.string(forKey: "checks.clamavFound") {
            case nil, "reject": .rejected
            case "flag": .flagged
            case let word?: throw ConfigurationError("checks.clamavFound must be reject or flag, not '\(word)'")
            }
        concurrency = try reader.number("checks.atOnce", in: 1...64) ?? 2
    }

    /// ClamAV's check, where it is configured.
    public var clamdCheck: ClamdCheck? {
        clamav.map { ClamdCheck($0, timeout: clamavTimeout, onFound: onFound) }
    }
}
