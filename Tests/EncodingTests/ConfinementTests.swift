import EncoderProtocol
import Foundation
import Glibc
import TestSupport
import Testing

/// What untrusted media may not do, and how much it may use.
@Suite(.waiting) struct ConfinementTests {
    private static let clip = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Media/bigbuckbunny_720p.mp4").path

    /// The program tries what it must not be able to do, after it has confined itself.
    @Test func nothingButTheOpenInputIsInReach() throws {
        let process = Process()
        process.executableURL = try EncoderRun.program()
        process.arguments = ["confinement"]
        process.environment = [:]
        let (alive, output) = (Pipe(), Pipe())
        process.standardInput = alive
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        withExtendedLifetime(alive) {}
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains("filter in force"))
        #expect(text.contains("limits in force"))
        #expect(!text.contains("ALLOWED"))
        #expect(text.split(separator: "\n").count { $0.contains(" refused: ") } == 12)
    }

    @Test func processorTimeIsLimited() throws {
        let run = try EncoderRun("adaptive", [Self.clip], limits: EncoderLimits(processorTime: 3))
        #expect(run.failure?.code == .limitExceeded)
        #expect(run.failure?.message.contains("processor time") == true)
        #expect(run.exit == 65)
    }

    @Test func memoryIsLimited() throws {
        let run = try EncoderRun("H264SingleBitrate720p", [Self.clip], limits: EncoderLimits(memory: 150 << 20))
        #expect(run.exit != 0)
        #expect(!run.isFinished)
    }

    /// A pipe never ends; it is told from a file without waiting for a writer.
    @Test func aPipeIsNoInput() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-pipe-\(UUID().uuidString)")
            .path
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        let run = try EncoderRun("adaptive", [path])
        #expect(run.failure?.code == .inputMissing)
        #expect(run.exit == 66)
    }

    /// A file that goes on growing is read as far as it went when it was opened.
    @Test func aFileThatGrowsEnds() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keyway-grow-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = try MadeInput.lateStart.make(folder.path)
        let piece = try Data(contentsOf: URL(fileURLWithPath: path))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
        let isDone = Flag()
        let writer = Thread {
            var written = 0
            while !isDone.isSet, written < 1 << 29 {
                handle.write(piece)
                written += piece.count
                usleep(2000)
            }
        }
        writer.start()
        let run = try EncoderRun(EncodingOrder(preset: MadeInput.preset), [path])
        isDone.set()
        #expect(run.isFinished, "\(run.failure?.message ?? "")")
    }

    @Test func anOrderThatIsNoneIsRefused() throws {
        for order in ["{", "{}", "nothing", #"{"preset":{"name":"x"}}"#] {
            let run = try EncoderRun(order, [Self.clip])
            #expect(run.failure?.code == .unknownPreset, "\(order)")
        }
    }
}

private final class Flag: @unchecked Sendable {
    // Guarded by the lock.
    private var value = false
    private let lock = NSLock()

    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
}
