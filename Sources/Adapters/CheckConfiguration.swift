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
    /// Whether ClamAV is said to be off, so that no program on the data folder asks for it any more.
    public var isClamavOff: Bool
    /// How long clamd may say nothing, in seconds.
    public var clamavTimeout: TimeInterval
    /// What follows when it finds something: `rejected` or `flagged`.
    public var onFound: CheckFinding.Outcome
    /// So many originals are checked at once.
    public var concurrency: Int
    /// Whether files that jobs name are put to the checks, whatever their transforms say; nil for what the catalog says.
    public var areInputsChecked: Bool?

    static let fields = [
        "checks.clamav", "checks.clamavTimeout", "checks.clamavFound", "checks.atOnce", "checks.inputs",
    ]

    init(_ reader: ConfigReader) throws {
        let clamavText = reader.string(forKey: "checks.clamav")
        isClamavOff = clamavText == "off"
        clamav = try clamavText.flatMap { text in
            guard text != "off" else { return nil }
            guard let address = ClamdAddress(text) else {
                throw ConfigurationError(
                    "checks.clamav must be unix:/run/clamav/clamd.ctl, tcp:127.0.0.1:3310 on this machine, or off, not "
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
        areInputsChecked =
            switch reader.string(forKey: "checks.inputs") {
            case nil: nil
            case "required": true
            case "off": false
            case let word?: throw ConfigurationError("checks.inputs must be required or off, not '\(word)'")
            }
    }

    /// Writes into the catalog what only this configuration says, for all programs that work on it: a server's to call.
    ///
    /// - Returns: the names of required checks that are not configured here; this program lets no original out.
    /// - Throws: `CatalogError`.
    public func declare(in catalog: any CatalogEngine, at now: Date = Date()) async throws -> [String] {
        func event(_ action: AuditAction, _ detail: String = ClamdCheck.name) -> CatalogChange {
            var event = AuditEvent(time: now, action: action)
            event.actor = "server"
            event.detail = detail
            return .audit(event)
        }
        if let areInputsChecked, try await catalog.requiresInputChecks() != areInputsChecked {
            try await catalog.apply([
                .quarantine(.requireInputChecks(areInputsChecked)),
                event(areInputsChecked ? .checkRequired : .checkReleased, "inputs of jobs"),
            ])
        }
        var required = try await catalog.requiredChecks()
        if clamav != nil, !required.contains(ClamdCheck.name) {
            try await catalog.apply([.quarantine(.requireCheck(name: ClamdCheck.name)), event(.checkRequired)])
        } else if isClamavOff, required.contains(ClamdCheck.name) {
            try await catalog.apply([.quarantine(.releaseCheck(name: ClamdCheck.name)), event(.checkReleased)])
            required.removeAll { $0 == ClamdCheck.name }
        }
        return missing(of: required)
    }

    /// Those of the required checks that are not configured here.
    public func missing(of required: [String]) -> [String] {
        required.filter { $0 != ClamdCheck.name || clamav == nil }
    }

    /// ClamAV's check, where it is configured.
    public var clamdCheck: ClamdCheck? {
        clamav.map { ClamdCheck($0, timeout: clamavTimeout, onFound: onFound) }
    }
}
