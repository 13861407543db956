/// What is kept of a verification, since the server remembers what came of many, and a site may have a million assets: all of
/// the first places that are damaged, the first assets that are whole, and how much there was of each.
struct VerificationReports: Sendable {
    /// More assets that are whole are only counted, unless they were asked for by name.
    static let maximumWhole = 1000
    /// More places that are damaged are only counted.
    static let maximumDamage = 10_000

    private(set) var assets: [VerifyAsset.Report] = []
    private(set) var total = VerifyAssets.Total()
    /// Whether each asset has its report, for who asked for them by name: a damaged one then has at least one place.
    private let keepsAll: Bool
    private var wholeCount = 0
    private var damageCount = 0

    init(keepsAll: Bool) {
        self.keepsAll = keepsAll
    }

    mutating func add(_ report: VerifyAsset.Report) {
        total.count(report)
        guard !report.damage.isEmpty else {
            guard keepsAll || wholeCount < Self.maximumWhole else { return }
            wholeCount += 1
            assets.append(report)
            return
        }
        let room = max(Self.maximumDamage - damageCount, keepsAll ? 1 : 0)
        guard room > 0 else { return }
        var kept = report
        kept.damage = Array(report.damage.prefix(room))
        if report.damage.count > room { kept.moreDamage = report.damage.count - room }
        damageCount += kept.damage.count
        assets.append(kept)
    }
}

extension VerifyAssets.Total {
    fileprivate mutating func count(_ report: VerifyAsset.Report) {
        assets += 1
        files += report.files
        bytes = bytes.addingReportingOverflow(report.bytes).partialValue
        withoutTags += report.withoutTags
        if !report.damage.isEmpty { damagedAssets += 1 }
        damage += report.damage.count
    }
}

extension VerifyAssets.Report {
    /// Of all that were read: of what is listed, where the server does not count.
    public var counted: VerifyAssets.Total {
        total
            ?? assets.reduce(into: VerifyAssets.Total()) { total, report in
                total.count(report)
            }
    }
}
