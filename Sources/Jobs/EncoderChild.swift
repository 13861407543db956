import Catalog
import EncoderProtocol
import Foundation
import Glibc
import Subprocess
import SystemPackage

/// Runs the child program `keyway-encoder` for one job.
struct EncoderChild {
    /// Of its standard error, in bytes: its own bound is lower.
    private static let errorLimit = 256 << 10

    /// How it ended.
    struct Outcome: Sendable {
        var status: TerminationStatus
        var errors: String

        /// What it means that it ended without saying how it went.
        var failure: JobFailure { EarlyEnd.failure(status) }
    }

    var executable: String
    var limits: EncodingLimits

    /// Runs the child to its end and hands on what it writes. The child has an empty environment; its standard input is
    /// held open as long as it may live, so that it ends with this process. Cancelling the task ends it.
    ///
    /// - Throws: what `take` throws, `JobFailure` when the wall time is used up or the program is not there.
    ///
    /// - Parameter sent: what it is given on its standard input first.
    func run(
        preset: String, inputs: [String], sending sent: SentBytes? = nil, _ reception: any EncoderOutput
    ) async throws -> Outcome {
        guard FileManager.default.isExecutableFile(atPath: executable) else {
            throw JobFailure(.encoderMissing, "the encoder program is missing: '\(executable)'")
        }
        let deadline = ContinuousClock.now + .seconds(limits.wallTime)
        return try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask { try await start(preset, inputs, sent, reception) }
            group.addTask {
                try await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            defer { group.cancelAll() }
            guard let outcome = try await group.next() ?? nil else {
                throw JobFailure(.limitExceeded, "it took longer than \(limits.wallTime) s")
            }
            return outcome
        }
    }

    private func start(
        _ preset: String, _ inputs: [String], _ sent: SentBytes?, _ reception: any EncoderOutput
    ) async throws -> Outcome {
        let result = try await Subprocess.run(
            .path(FilePath(executable)),
            arguments: Arguments(EncoderTask.arguments(preset: preset, limits: limits.encoder, inputs: inputs)),
            environment: .custom([:]), input: .inputWriter, output: .sequence,
            error: .string(limit: Self.errorLimit)
        ) { execution in
            if let sent { try await Self.send(sent, to: execution.standardInputWriter) }
            for try await buffer in execution.standardOutput {
                try await reception.take(buffer.withUnsafeBytes { Array($0) })
            }
            try await execution.standardInputWriter.finish()
        }
        return Outcome(status: result.terminationStatus, errors: result.standardError)
    }

    /// A write to a child that is gone fails, and does not end this process: SwiftNIO does the same with its first socket, which
    /// a program without a listener need not have.
    private static let brokenPipesAreErrors: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    /// A child that ended before it had taken everything is no error here: what it said and how it ended tell why.
    private static func send(_ sent: SentBytes, to input: StandardInputWriter) async throws {
        _ = Self.brokenPipesAreErrors
        do {
            _ = try await input.write(sent.bytes)
        } catch let error where error.code == .failedToWriteToSubprocess {
            return
        }
    }
}
