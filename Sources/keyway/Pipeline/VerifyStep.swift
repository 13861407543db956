import Administration
import Catalog
import EncoderProtocol
import Foundation
import Jobs
import Origin
import Policies

/// Plays the first, the middle and the last segment of every rendition under every delivery policy that the task names, and under
/// those of the locators that will let the version out at once, as the origin would send them, before anybody else can.
struct VerifyStep: Sendable {
    let catalog: any CatalogEngine
    let publication: Publication
    let origin: OriginService
    let verifier: SegmentVerifier

    /// - Throws: `JobFailure`, `CatalogError`.
    func run(_ input: StepInput) async throws -> TaskOutcome {
        let names = input.task.options.deliveryPolicies ?? []
        var segments = 0
        var skipped: Set<String> = []
        var (played, unplayed) = (names, [String]())
        do {
            try await makeKeys(input, names)
            for name in names {
                guard let policy = try await catalog.deliveryPolicy(named: name) else {
                    throw JobFailure(.notConfigured, "there is no DeliveryPolicy '\(name)'")
                }
                segments += try await play(input.version, under: policy, &skipped)
            }
            for policy in try await others(input, besides: names) {
                do {
                    segments += try await play(input.version, under: policy, &skipped)
                    played.append(policy.name)
                } catch let error as OriginError where error.code != .keysUnavailable {
                    // Its key may have been withdrawn: then nobody gets anything by it, and it stops no other. What may pass by
                    // itself is tried again.
                    unplayed.append("\(policy.name): \(error.detail)")
                }
            }
        } catch let error as PublicationError {
            throw JobFailure(.publishRefused, error.description)
        } catch let error as OriginError {
            throw JobFailure(.verifyFailed, "\(error)", as: error.passingClass)
        }
        var result = ["segments": "\(segments)", "deliveryPolicies": played.joined(separator: ",")]
        if !skipped.isEmpty { result["notDecoded"] = skipped.sorted().joined(separator: ",") }
        if !unplayed.isEmpty { result["notPlayed"] = unplayed.joined(separator: "; ") }
        return TaskOutcome(result: result)
    }

    /// - Returns: how many segments there were.
    private func play(
        _ version: AssetVersionRecord, under policy: DeliveryPolicy, _ skipped: inout Set<String>
    ) async throws -> Int {
        var notDecoded: Set<String> = []
        let count = try await origin.sampleSegments(of: version, under: policy) { segment in
            if try await !plays(segment, under: policy) { notDecoded.insert(segment.track) }
        }
        skipped.formUnion(notDecoded)
        return count
    }

    /// The delivery policies of the asset's open locators: where the job publishes, the version leaves under them as well.
    private func others(_ input: StepInput, besides names: [String]) async throws -> [DeliveryPolicy] {
        guard try await catalog.tasks(of: input.job.id).contains(where: { $0.kind == .publish }) else { return [] }
        let now = Date()
        let open = try await catalog.locators(asset: input.version.asset).filter {
            $0.kind == .streaming && !$0.isRevoked && $0.end > now
        }
        var policies: [DeliveryPolicy] = []
        for name in Set(open.flatMap(\.deliveryPolicies)).subtracting(names).sorted() {
            if let policy = try await catalog.deliveryPolicy(named: name) { policies.append(policy) }
        }
        return policies
    }

    /// False where FFmpeg has no decoder.
    private func plays(_ segment: SampledSegment, under policy: DeliveryPolicy) async throws -> Bool {
        let protection: VerificationInput.Protection =
            segment.key == nil ? .none : segment.encryption == .envelope ? .segment : .samples
        let place = "track '\(segment.track)', segment \(segment.number), under delivery policy '\(policy.name)'"
        do {
            let frames = try await verifier.frames(
                of: SegmentToVerify(
                    protection: protection, initialization: segment.initialization, media: segment.media,
                    key: segment.key, vector: segment.vector))
            guard let frames else { return false }
            // Decoders of sound may keep the first frame back.
            guard frames + 1 >= segment.sampleCount, frames > 0 else {
                throw JobFailure(
                    .verifyFailed,
                    CountText.text(frames, "frame") + " of " + CountText.text(segment.sampleCount, "sample"))
            }
            return true
        } catch let failure as JobFailure where failure.code == JobFailure.Code.verifyFailed.rawValue {
            throw JobFailure(.verifyFailed, "\(place) does not play: \(failure.message)")
        }
    }

    /// Keys and numbers that the publication will use, too: made once, and found again by it.
    private func makeKeys(_ input: StepInput, _ names: [String]) async throws {
        let publisher = try await catalog.tasks(of: input.job.id).first { $0.kind == .publish }
        let changes = try await publication.prepareKeys(
            deliveryPolicies: names, authorizationPolicy: publisher?.options.authorizationPolicy,
            version: input.version, at: Date())
        if !changes.isEmpty { try await catalog.apply(changes) }
    }
}

extension OriginError {
    /// The class of what may pass by itself; nil for what will not.
    var passingClass: TaskErrorClass? {
        switch code {
        case .keysUnavailable: .network
        case .storageFault: .storage
        default: nil
        }
    }
}
