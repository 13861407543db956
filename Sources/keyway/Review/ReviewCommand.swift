import Administration
import ArgumentParser
import KeyServer

struct ReviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review", abstract: "Originals in quarantine: what their checks found, and what is decided.",
        subcommands: [
            ReviewList.self, ReviewShow.self, ReviewApprove.self, ReviewReject.self, ReviewRepeat.self,
            ReviewFetch.self,
        ])
}

/// Which original is meant.
struct ReviewSubject: ParsableArguments {
    @Argument(help: "The original's id, or ASSET/FILE.")
    var id: String

    /// The id.
    func resolved(_ interface: any OperatorInterface) async throws -> String {
        let names = id.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard names.count == 2 else { return id }
        return try await interface.perform(ShowAssetFile(name: names[0], file: names[1])).id
    }
}

struct ReviewList: VerbCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the originals that somebody must decide on, or those in another state.")

    @OptionGroup var common: CommonOptions

    @Option(help: "checking, waiting, review, passed, approved, rejected or damaged (default: review).")
    var state: String?

    @Option(help: "Only those of this asset.")
    var asset: String?

    @Option(help: "Start after the review of this id.")
    var after: String?

    @Option(help: "At most this many, up to 1000.")
    var limit = 100

    func verb() -> ListReviews { ListReviews(state: state, asset: asset, after: after, limit: limit) }
}

/// A command that asks for one verb of one review, and prints the review.
protocol ReviewVerb: AsyncParsableCommand {
    associatedtype Verb: OperatorVerb where Verb.Report == ReviewReport
    var common: CommonOptions { get }
    var subject: ReviewSubject { get }
    /// - Parameter id: the review's.
    func verb(_ id: String) -> Verb
}

extension ReviewVerb {
    func run() async throws {
        let interface = try await common.makeOperator()
        try await interface.perform(verb(subject.resolved(interface))).print(json: common.json)
    }
}

struct ReviewShow: ReviewVerb {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what the checks of an original found, and what was decided.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var subject: ReviewSubject

    func verb(_ id: String) -> ShowReview { ShowReview(id: id) }
}

struct ReviewApprove: ReviewVerb {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Let an original out of quarantine (role key-admin).")

    @OptionGroup var common: CommonOptions
    @OptionGroup var subject: ReviewSubject

    @Option(help: "Why: kept, and audited.")
    var reason: String

    func verb(_ id: String) -> ApproveReview { ApproveReview(id: id, reason: reason) }
}

struct ReviewReject: ReviewVerb {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Refuse an original for good; 'keyway asset file delete' removes it.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var subject: ReviewSubject

    @Option(help: "Why: kept, and audited.")
    var reason: String

    func verb(_ id: String) -> RejectReview { RejectReview(id: id, reason: reason) }
}

struct ReviewRepeat: ReviewVerb {
    static let configuration = CommandConfiguration(
        commandName: "repeat", abstract: "Do the checks of an original again.",
        discussion: "After ClamAV's limits or signatures, the rules or the known works were changed.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var subject: ReviewSubject

    func verb(_ id: String) -> RepeatReview { RepeatReview(id: id) }
}

extension ListReviews.Report: Report {
    var text: String {
        Table.render(
            ["ID", "ASSET", "FILE", "STATE", "WHY"],
            reviews.map { [$0.id, $0.asset, $0.file, $0.state, $0.why] })
    }
}

extension ReviewReport: Report {
    var text: String {
        var lines = ["\(asset)/\(file): \(size) bytes, \(state)", "id \(id)"]
        for finding in findings {
            lines.append(
                "\(finding.time.rfc3339) \(finding.check): \(finding.outcome)"
                    + (finding.reasons.isEmpty ? "" : ": " + finding.reasons.joined(separator: "; ")))
        }
        if let obstacle {
            lines.append("waits: \(obstacle)" + (notBefore.map { "; tried again at \($0.rfc3339)" } ?? ""))
        }
        if let decision {
            lines.append("\(decision.time.rfc3339) \(decision.verdict) by \(decision.actor): \(decision.reason)")
        }
        return lines.joined(separator: "\n")
    }

    /// What a person wants to know first.
    fileprivate var why: String {
        if let decision { return "\(decision.verdict) by \(decision.actor): \(decision.reason)" }
        if let obstacle { return obstacle }
        let told = findings.filter { $0.outcome != "passed" }
        return told.isEmpty
            ? "-" : told.map { "\($0.check): \($0.reasons.joined(separator: "; "))" }.joined(separator: "; ")
    }
}
