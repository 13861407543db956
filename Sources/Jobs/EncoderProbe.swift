public import AssetFiles
import Catalog
public import ContentChecks
public import EncoderProtocol
import Foundation
import MediaStorage
import Subprocess

/// Looks into content in the encoder child.
public struct EncoderProbe: ContentProbe {
    /// Who looks at headers and a few pictures is done in seconds.
    private static let inspection = EncodingLimits(
        wallTime: 300, encoder: EncoderLimits(memory: 3 << 30, processorTime: 120))
    /// All of the sound is decoded.
    private static let fingerprinting = EncodingLimits(wallTime: 7200, encoder: EncoderLimits(processorTime: 7200))

    /// Of all events together, in bytes: a fingerprint has many.
    private static let limit = 16 << 20

    private let executable: String

    /// - Parameter encoder: path of the program `keyway-encoder`.
    public init(encoder: String) {
        executable = encoder
    }

    public func facts(of content: CheckedContent) async throws -> Probed<MediaFacts> {
        try await run(.inspect, Self.inspection, content) { reception in
            await reception.inspected.map(Probed.found) ?? .died("the probe says nothing of it")
        }
    }

    public func fingerprint(of content: CheckedContent) async throws -> Probed<[UInt32]> {
        try await run(.fingerprint, Self.fingerprinting, content) { .found(await $0.fingerprint) }
    }

    private func run<Value>(
        _ task: EncoderTask, _ limits: EncodingLimits, _ content: CheckedContent,
        _ result: (ProbeReception) async -> Probed<Value>
    ) async throws -> Probed<Value> {
        guard content.content.size > 0 else { return .notMedia("it is empty") }
        let reception = ProbeReception(limit: Self.limit)
        let child = EncoderChild(executable: executable, limits: limits)
        var server: OriginalServer?
        defer { withExtendedLifetime(server) {} }
        do {
            let started = try OriginalServer(content.content, name: content.name)
            server = started
            let outcome = try await child.run(
                preset: task.rawValue, inputs: [EncoderTask.originalPrefix + started.path], reception)
            // What could not be read is no fault of the content.
            if let error = started.readError { throw error }
            if let failure = await reception.failure { throw failure }
            guard await reception.isFinished, outcome.status.isSuccess else { throw outcome.failure }
            return await result(reception)
        } catch let failure as JobFailure {
            if let error = server?.readError { throw error }
            guard failure.errorClass == .content || failure.code == JobFailure.Code.encoderCrashed.rawValue else {
                throw CheckObstacle(failure.message)
            }
            switch failure.code {
            case EncoderFailureCode.notMedia.rawValue, EncoderFailureCode.inputEmpty.rawValue:
                return .notMedia(failure.message)
            case JobFailure.Code.encoderCrashed.rawValue: return .died("the probe died of it: \(failure.message)")
            case JobFailure.Code.limitExceeded.rawValue:
                return .died("the probe took more than it may: \(failure.message)")
            default: return .unreadable(failure.message)
            }
        }
    }
}
