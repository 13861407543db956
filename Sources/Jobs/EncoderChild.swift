import EncoderProtocol
import Foundation
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
    }

    var executable: String
    var limits: EncodingLimits

    /// Runs the child to its end and hands on what it writes. The child has an empty environment; its standard input is
    /// held open as long as it may live, so that it ends with this process. Cancelling the task ends it.
    ///
    /// - Throws: what `take` throws, `JobFailure` when the wall time is used up or the program is not there.
    func run(preset: String, inputs: [String], _ reception: EncodingReception) async throws -> Outcome {
        guard FileManager.default.isExecutableFile(atPath: executable) else {
            throw JobFailure(.encoderMissing, "the encoder program is missing: '\(executable)'")
        }
        let deadline = ContinuousClock.now + .seconds(limits.wallTime)
        return try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask { try await start(preset, inputs, reception) }
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
        _ preset: String, _ inputs: [String], _ reception: EncodingReception
    ) async throws -> Outcome {
        let result = try await Subprocess.run(
            .path(FilePath(executable)),
            arguments: Arguments(EncoderTask.arguments(preset: preset, limits: limits.encoder, inputs: inputs)),
            environment: .custom([:]), input: .inputWriter, output: .sequence,
            error: .string(limit: Self.errorLimit)
        ) { execution in
            for try await buffer in execution.standardOutput {
                try await reception.take(buffer.withUnsafeBytes { Array($0) })
            }
            try await execution.standardInputWriter.finish()
        }
        return Outcome(status: result.terminationStatus, errors: result.standardError)
    }
}
