import Administration
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
    let parallel: Int
    let memory: UploadMemory
    let progress: @Sendable (_ arrived: UInt64) -> Void

    /// - Returns: how many bytes had arrived before.
    func run() async throws -> UInt64 {
        let parts = try await begin()
        let arrived = Arrived(count: parts.count)
        var before: UInt64 = 0
        for (index, part) in parts.enumerated() {
            let offset = try await patiently { try await channel.offset(of: part.upload) } ?? 0
            _ = arrived.set(index, offset)
            before += offset
        }
        let progress = progress
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, part) in parts.enumerated() {
                group.addTask {
                    try await send(part) { progress(arrived.set(index, $0)) }
                }
            }
            try await group.waitForAll()
        }
        if parts.count > 1 {
            _ = try await patiently {
                try await channel.create(plan, length: file.size, partials: parts.map(\.upload))
            }
        }
        memory.forget()
        return before
    }

    /// Takes up what was begun, if all of it is still known.
    private func begin() async throws -> [UploadMemory.Part] {
        if let parts = memory.load(), !parts.isEmpty, parts.last?.end == file.size {
            var areKnown = true
            for part in parts where areKnown {
                areKnown = try await patiently { try await channel.offset(of: part.upload) } != nil
            }
            if areKnown { return parts }
        }
        let count = UInt64(max(1, min(parallel, Int(clamping: file.size / (1 << 20)))))
        var parts: [UploadMemory.Part] = []
        for index in 0..<count {
            let (start, end) = (
                file.size / count * index, index + 1 == count ? file.size : file.size / count * (index + 1)
            )
            var plan = plan
            if count > 1 { plan.file = nil }
            let upload = try await channel.create(plan, length: end - start, partials: nil)
            parts.append(UploadMemory.Part(upload: upload, start: start, end: end))
        }
        try memory.save(parts)
        return parts
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

    private func send(_ part: UploadMemory.Part, progress: @Sendable (UInt64) -> Void) async throws {
        var offset = try await offset(of: part)
        var lastProgress = ContinuousClock.now
        var wait = Duration.milliseconds(200)
        while offset < part.end - part.start {
            progress(offset)
            let start = part.start + offset
            do {
                offset = try await channel.send(
                    to: part.upload, at: offset, file.bytes(in: start..<min(part.end, start + Self.requestSize)))
                (lastProgress, wait) = (.now, .milliseconds(200))
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
        guard let offset = try await patiently({ try await channel.offset(of: part.upload) }) else {
            memory.forget()
            throw CommandFailure(.unavailable, "the upload is not known any more; run the command again to begin anew")
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
