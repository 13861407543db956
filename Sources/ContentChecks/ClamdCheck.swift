public import AssetFiles
public import Catalog
public import Foundation
import MediaStorage

/// Puts originals to ClamAV's daemon.
public struct ClamdCheck: IngestCheck {
    public static let name = "clamav"
    public var name: String { Self.name }
    private let address: ClamdAddress
    private let timeout: TimeInterval
    private let onFound: CheckFinding.Outcome

    /// - Parameters:
    ///   - timeout: how long clamd may say nothing, in seconds.
    ///   - onFound: `rejected`, or `flagged` where somebody shall look at what was found.
    public init(_ address: ClamdAddress, timeout: TimeInterval, onFound: CheckFinding.Outcome) {
        self.address = address
        self.timeout = timeout
        self.onFound = onFound
    }

    public func verdict(on content: CheckedContent) async throws -> IngestVerdict? {
        let reader = content.content
        // A size that clamd refuses is found after so many bytes, and not before: it does not say its limits.
        let answer = try await OwnThread.run { [address, timeout] stop in
            try ClamdConnection(address, timeout: timeout, stop: stop).scan(reader)
        }
        return try Self.verdict(answer: answer, size: reader.size, onFound: onFound)
    }

    /// What an answer means.
    ///
    /// - Throws: `CheckObstacle` for an error of clamd.
    static func verdict(answer: String, size: UInt64, onFound: CheckFinding.Outcome) throws -> IngestVerdict {
        let text = answer.hasPrefix("stream: ") ? String(answer.dropFirst(8)) : answer
        if text == "OK" { return IngestVerdict(.passed) }
        if text.hasSuffix(" FOUND") {
            let name = printable(String(text.dropLast(6)))
            guard !name.hasPrefix("Heuristics.Limits.Exceeded") else {
                return IngestVerdict(.flagged, ["clamd did not look at all of it (\(name)): \(advice(size))"])
            }
            return IngestVerdict(onFound, ["found \(name)"])
        }
        if text.hasPrefix("INSTREAM size limit exceeded") {
            return IngestVerdict(.flagged, ["too large for clamd: \(advice(size))"])
        }
        throw CheckObstacle("clamd answers '\(printable(text))'")
    }

    private static func advice(_ size: UInt64) -> String {
        let mebibytes = size >> 20 + 1
        return
            "set StreamMaxLength, MaxFileSize and MaxScanSize in clamd.conf to \(mebibytes)M or more, restart clamd, "
            + "and repeat the checks ('keyway review repeat')"
    }

    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.prefix(200).map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
    }
}
