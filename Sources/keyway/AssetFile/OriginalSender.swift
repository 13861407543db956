import Administration
import AssetFiles
import Catalog
import ContentKeys
import Foundation
import KeyServer
import Synchronization

/// Sends one original, in one upload or in several at once, over connections that may break.
struct OriginalSender: Sendable {
    /// So much is sent in one request.
    private static let requestSize: UInt64 = 64 << 20
    /// After this long without any byte arriving it is given up, and can be gone on with later.
    private static let patience = Duration.seconds(300)

    let channel: any UploadChannel
    let file: SourceFile
    let plan: PlannedUpload
    /// What the file holds.
    let digest: SourceDigest
    let parallel: Int
    /// Whether what an earlier run began is ended first.
    let restarts: Bool
    /// The public key that the file's key is encrypted to, as the server says it now.
    let recipient: @Sendable () async throws -> [UInt8]
    let memory: UploadMemory
    /// What a run began that sent the same in the other form, as it is or encrypted: `restarts` ends that, too.
    let otherMemory: UploadMemory
    /// What the server has of that name.
    let held: HeldFile
    let progress: @Sendable (_ arrived: UInt64) -> Void

    /// The file that is there under the name, if there is one.
    struct HeldFile: Sendable {
        var report: @Sendable () async throws -> AssetFileReport?
        var delete: @Sendable () async throws -> Void
    }

    /// What was begun is remembered until `memory` is told to forget it: when the server shows the file.
    ///
    /// - Returns: how many bytes had arrived before.
    func run() async throws -> UInt64 {
        guard let (parts, key) = try await begin() else { return file.size }
        let arrived = Arrived(count: parts.count)
        var before: UInt64 = 0
        for (index, part) in parts.enumerated() {
            before = arrived.set(index, try await offset(of: part))
        }
        let progress = progress
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, part) in parts.enumerated() {
                let seal = key.map {
                    FileSeal.Part(
                        seal: FileSeal(file: file, digest: digest, key: $0), number: UInt64(index), start: part.start)
                }
                group.addTask {
                    try await send(part, seal) { progress(arrived.set(index, $0)) }
                }
            }
            try await group.waitForAll()
        }
        if parts.count > 1 { try await join(parts, key) }
        return before
    }

    private func join(_ parts: [UploadMemory.Part], _ key: ContentKey?) async throws {
        do {
            _ = try await patiently {
                var plan = plan
                plan.sealedKey = try await sealed(key, parts)
                return try await channel.create(plan, length: file.size, partials: parts.map(\.upload))
            }
        } catch let error as OperatorError where error.code == .missing || error.code == .exists {
            // The answer to an earlier try may have been lost.
            guard try await isThere() else { throw error }
        }
    }

    /// Whether the server has all of the file, whoever brought it.
    private func isThere() async throws -> Bool {
        guard let report = try await patiently({ try await held.report() }) else { return false }
        return report.state != AssetFileState.uploading.rawValue && report.size == file.size
            && report.sha256 == plan.sha256
    }

    /// Takes up what was begun, if all of it is still known.
    ///
    /// - Returns: nil when everything was there already, and only nobody had heard of it.
    private func begin() async throws -> (parts: [UploadMemory.Part], key: ContentKey?)? {
        if restarts {
            try await endAll()
            memory.forgetAttempt()
        } else if let begun = memory.load() {
            if try await areKnown(begun.parts) {
                let isSame = begun.parts.last?.end == file.size && (begun.sha256 ?? plan.sha256) == plan.sha256
                guard isSame else { throw hasChanged }
                if plan.isSealed == (begun.contentKey != nil), try await !isDeleted(begun.parts) {
                    return (begun.parts, begun.contentKey)
                }
            } else if try await isThere() {
                return nil
            }
            memory.forgetAttempt()
        }
        // Written down before the server hears of it: it may begin uploads, and nobody hear that it did. Where that happened
        // before, the same is asked again. A key of before is of the same content then, in the same parts, so that the very same
        // bytes go under it; anything else gets another one.
        let attempt = try memory.attempt(parts: partCount, digest: plan.sha256, isSealed: plan.isSealed)
        let key = attempt.contentKey
        let parts: [UploadMemory.Part]
        do {
            parts = try await create(attempt, key)
        } catch let error as OperatorError where error.code == .exists && !restarts {
            if try await held.report()?.state == AssetFileState.uploading.rawValue { throw isArriving }
            throw error
        }
        // What was remembered before is overwritten now: until here it was all that could go on.
        try memory.save(UploadMemory.Begun(parts, key: key, digest: plan.sha256))
        return (parts, key)
    }

    /// Whether an upload came to its end, and its file is gone since.
    private func isDeleted(_ parts: [UploadMemory.Part]) async throws -> Bool {
        guard parts.count == 1, try await offset(of: parts[0]) == file.size else { return false }
        return try await patiently { try await held.report() } == nil
    }

    /// Ends what earlier runs began, in whatever form, and what holds the name though nobody remembers it.
    private func endAll() async throws {
        for part in (memory.load()?.parts ?? []) + (otherMemory.load()?.parts ?? []) {
            try await patiently { try await channel.end(part.upload) }
        }
        otherMemory.forget()
        if try await patiently({ try await held.report() })?.state == AssetFileState.uploading.rawValue {
            try await held.delete()
        }
    }

    private var isArriving: CommandFailure {
        CommandFailure(
            .cannotCreate,
            "\(plan.asset)/\(plan.file ?? "") is arriving there already, and nothing is known here of that upload: somebody "
                + "else sends it, or an earlier run was cut off as it began. Give --restart to end it and begin anew")
    }

    private func areKnown(_ parts: [UploadMemory.Part]) async throws -> Bool {
        for part in parts where try await known(part) == nil { return false }
        return true
    }

    private var partCount: Int { max(1, min(parallel, Int(clamping: file.size / (1 << 20)))) }

    private func create(_ attempt: UploadMemory.Attempt, _ key: ContentKey?) async throws -> [UploadMemory.Part] {
        let count = UInt64(partCount)
        var parts: [UploadMemory.Part] = []
        for index in 0..<count {
            let (start, end) = (
                file.size / count * index, index + 1 == count ? file.size : file.size / count * (index + 1)
            )
            var part = UploadMemory.Part(upload: "", start: start, end: end)
            var plan = plan
            if count > 1 { plan.file = nil } else { plan.sealedKey = try await sealed(key, [part]) }
            plan.attempt = attempt.word(ofPart: Int(index))
            part.upload = try await channel.create(plan, length: end - start, partials: nil)
            parts.append(part)
        }
        return parts
    }

    /// The key of the file, for the server alone and for these uploads of it alone; nil for a file that is sent as it is.
    private func sealed(_ key: ContentKey?, _ parts: [UploadMemory.Part]) async throws -> [UInt8]? {
        guard let key, let name = plan.file else { return nil }
        return try SealedUpload(
            asset: plan.asset, name: name, digest: digest.whole, lengths: parts.map(\.length)
        ).seal(key, to: try await recipient())
    }

    private var hasChanged: CommandFailure {
        CommandFailure(
            .badData,
            "'\(file.path)' is not what it was when its upload as \(plan.asset)/\(plan.file ?? "") began, and what is "
                + "encrypted goes on with the same bytes only: put the file back, or give --restart to begin anew")
    }

    /// How far each part is.
    private final class Arrived: Sendable {
        private let counts: Mutex<[UInt64]>

        init(count: Int) {
            counts = Mutex([UInt64](repeating: 0, count: count))
        }

        /// - Returns: how many bytes have arrived of all parts.
        func set(_ part: Int, _ count: UInt64) -> UInt64 {
            counts.withLock { counts in
                counts[part] = count
                return counts.reduce(0, +)
            }
        }
    }

    private func send(
        _ part: UploadMemory.Part, _ seal: FileSeal.Part?, progress: @Sendable (UInt64) -> Void
    ) async throws {
        var offset = try await offset(of: part)
        var lastProgress = ContinuousClock.now
        var wait = Duration.milliseconds(200)
        while offset < part.length {
            progress(offset)
            let start = part.start + offset
            let bytes = file.bytes(in: start..<min(part.end, start + Self.requestSize), of: seal)
            do {
                let arrived: UInt64
                do {
                    arrived = try checked(try await channel.send(to: part.upload, at: offset, bytes), of: part)
                } catch {
                    try bytes.obstacle.check()
                    throw error
                }
                guard arrived > offset else {
                    throw OperatorError(.failed, "the server took nothing of what was sent from byte \(offset) on")
                }
                (offset, lastProgress, wait) = (arrived, .now, .milliseconds(200))
            } catch let error where Self.isPassing(error) && ContinuousClock.now - lastProgress < Self.patience {
                try await Task.sleep(for: wait)
                wait = min(wait * 2, .seconds(10))
                let arrived = try await self.offset(of: part)
                if arrived > offset { (lastProgress, wait) = (.now, .milliseconds(200)) }
                offset = arrived
            }
        }
        progress(offset)
    }

    private func offset(of part: UploadMemory.Part) async throws -> UInt64 {
        guard let offset = try await known(part) else {
            throw CommandFailure(.unavailable, "the upload is not known any more; run the command again to begin anew")
        }
        return offset
    }

    /// How far a part is; nil when it is not known any more.
    private func known(_ part: UploadMemory.Part) async throws -> UInt64? {
        try await patiently { try await channel.offset(of: part.upload) }.map { try checked($0, of: part) }
    }

    /// What is on its way says how far it is, and may say anything.
    private func checked(_ offset: UInt64, of part: UploadMemory.Part) throws -> UInt64 {
        guard offset <= part.length else {
            throw CommandFailure(
                .software,
                "the server says that \(offset) bytes have arrived of an upload of \(part.length): it, or what stands in front "
                    + "of it, is at fault. What was begun is still remembered")
        }
        return offset
    }

    /// Tries again what a broken connection or a server that is starting stopped.
    private func patiently<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        let start = ContinuousClock.now
        var wait = Duration.milliseconds(200)
        while true {
            do {
                return try await body()
            } catch let error where Self.isPassing(error) && ContinuousClock.now - start < Self.patience {
                try await Task.sleep(for: wait)
                wait = min(wait * 2, .seconds(10))
            }
        }
    }

    private static func isPassing(_ error: any Error) -> Bool {
        guard let error = error as? OperatorError else { return false }
        switch error.code {
        case .unavailable, .inUse, .limited, .failed, .conflict: return true
        default: return false
        }
    }
}
