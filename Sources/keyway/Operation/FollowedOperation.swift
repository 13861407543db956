import Administration
import Foundation
import Glibc
import KeyServer

/// Waits for the end of an operation with a bar, wherever it goes on. One in a server outlives its command: an interrupt ends
/// the wait only, and says so.
struct FollowedOperation {
    /// How often it is asked how far it is; a short one has ended soon.
    private static let intervals = (first: Duration.milliseconds(100), later: Duration.seconds(1))
    /// How often in a row a server may not answer: it may be busy, or what lies before it started again.
    private static let attempts = 120

    private let interface: any OperatorInterface
    private let begun: OperationReport
    private let bar: ProgressBar

    init(_ interface: any OperatorInterface, _ begun: OperationReport, isDrawn: Bool) {
        self.interface = interface
        self.begun = begun
        bar = ProgressBar(label: begun.kind.label, isDrawn: isDrawn)
    }

    /// - Returns: the operation, finished.
    /// - Throws: `OperatorError` or `CommandFailure` for one that ended otherwise, or with its server.
    func end() async throws -> OperationReport {
        let interrupts = CommonOptions.isRemote ? Interrupts { [begun, bar] in Self.leave(begun, bar) } : nil
        defer {
            interrupts?.end()
            bar.finish()
        }
        var report = begun
        var interval = Self.intervals.first
        while !report.state.isFinal {
            bar.show(fraction: report.progress)
            try await Task.sleep(for: interval)
            interval = min(interval * 2, Self.intervals.later)
            report = try await look()
        }
        // Asked once more where what was given when it began had ended: only then it has its result.
        if begun.state.isFinal { report = try await look() }
        try Self.check(report)
        return report
    }

    private func look() async throws -> OperationReport {
        var failures = 0
        while true {
            do {
                return try await interface.perform(ShowOperation(id: begun.id))
            } catch let error as OperatorError where error.code == .unavailable || error.code == .limited {
                failures += 1
                guard failures < Self.attempts else { throw error }
                try await Task.sleep(for: Self.intervals.later)
            } catch let error as OperatorError where error.code == .missing {
                throw CommandFailure(.unavailable, "\(error.message); run the command again")
            }
        }
    }

    private static func check(_ report: OperationReport) throws {
        switch report.state {
        case .running, .finished: return
        case .canceled:
            throw CommandFailure(.unavailable, "the operation \(report.id) was canceled; \(report.kind.whenAgain)")
        case .error:
            let code = report.errorCode.flatMap(OperatorError.Code.init) ?? .failed
            let message = report.error ?? "the operation \(report.id) ended in error: \(code.rawValue)"
            switch (report.kind, code) {
            case (.kekRotation, _): throw CommandFailure(.unavailable, message)
            case (.backup, .exists): throw CommandFailure(.cannotCreate, message)
            default: throw OperatorError(code, message)
            }
        }
    }

    /// Ends the process, not the operation.
    private static func leave(_ begun: OperationReport, _ bar: ProgressBar) -> Never {
        bar.finish()
        Terminal.error(
            "keyway: the operation goes on in the server: 'keyway operation watch \(begun.id)' waits for it, "
                + "'keyway operation cancel \(begun.id)' ends it")
        Glibc.exit(128 + SIGINT)
    }
}

extension OperationKind {
    /// Beside its bar.
    fileprivate var label: String {
        switch self {
        case .backup: "backing up"
        case .kekRotation: "rewrapping"
        case .verification: "verifying"
        }
    }

    /// What becomes of it when it is begun again after it was canceled.
    fileprivate var whenAgain: String {
        switch self {
        case .backup: "a backup of the same name goes on where it was"
        case .kekRotation: "'keyway kek rotate' goes on where it was"
        case .verification: "a verification begins anew"
        }
    }
}

/// Takes SIGINT in the place of what ends the process.
final class Interrupts {
    private let source: any DispatchSourceSignal

    init(_ body: @escaping @Sendable () -> Void) {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler(handler: body)
        source.resume()
    }

    func end() {
        source.cancel()
        signal(SIGINT, SIG_DFL)
    }
}
