import CSandbox
import EncoderProtocol
import Encoding
import Foundation
import Glibc
import TrackOutput

/// The child that alone touches untrusted media. It holds no keys, and takes its own rights away before it opens anything:
/// limits on memory, processor time and files, no network, no other program, no other file than the open input.
@main
enum EncoderProgram {
    static func main() {
        let output = FrameOutput(descriptor: STDOUT_FILENO)
        // SVT-AV1 talks on standard error unless it is told to keep to errors.
        setenv("SVT_LOG", "1", 1)
        if CommandLine.arguments.dropFirst() == ["confinement"] { exit(Confinement.report()) }
        guard let request = Request(CommandLine.arguments) else {
            say(
                "usage: keyway-encoder encode|upload|probe|verify|inspect|fingerprint --memory BYTES --processor-time SECONDS --threads COUNT --standstill SECONDS [ORDER] INPUT…"
            )
            exit(EncoderExitCode.usage)
        }
        watchWork(request.limits.standstill)
        // The parent ends the child by closing its standard input, also by being killed.
        if request.task != .verify { watchParent() }
        do {
            try run(request, output)
            exit(EncoderExitCode.finished)
        } catch let failure as EncodingFailure {
            stop(failure, output)
        } catch {
            stop(EncodingFailure(.internalError, "\(error)"), output)
        }
    }

    private struct Request {
        var task: EncoderTask
        var limits: EncoderLimits
        /// The text of an order, of what is encoded.
        var order: String
        /// Paths of what is encoded.
        var paths: [String]
        /// Of an upload.
        var uploads: [UploadInput]

        init?(_ arguments: [String]) {
            let orders = 2 + EncoderLimits.argumentCount
            guard arguments.count > orders, let task = EncoderTask(rawValue: arguments[1]),
                let limits = EncoderLimits(arguments: Array(arguments[2..<orders]))
            else { return nil }
            let texts = Array(arguments[orders...])
            order = task == .encode ? texts[0] : ""
            let isOneFile = [.probe, .inspect, .fingerprint].contains(task)
            paths = task == .encode ? Array(texts.dropFirst()) : isOneFile ? texts : []
            uploads = task == .upload ? texts.compactMap(UploadInput.init(text:)) : []
            guard task != .upload || uploads.count == texts.count, texts.count > (task == .encode ? 1 : 0),
                !isOneFile && task != .verify || texts.count == 1,
                max(paths.count, uploads.count) <= EncoderTask.maximumInputs
            else { return nil }
            self.task = task
            self.limits = limits
        }
    }

    private static func run(_ request: Request, _ output: FrameOutput) throws {
        switch request.task {
        case .encode: try encode(request, output)
        case .probe:
            let files = try open(request.paths)
            try confine(request.limits, output)
            for file in files { try MediaProbe.run(file.input, output: output) }
        case .inspect, .fingerprint:
            let files = try open(request.paths)
            try confine(request.limits, output)
            for file in files {
                if request.task == .inspect {
                    try MediaInspection.run(file.input, output: output)
                } else {
                    try SoundFingerprint.run(file.input, output: output)
                }
            }
        case .verify:
            var session = try VerificationSession()
            watchParent()
            // Written before the rights to write are gone; nothing has looked into it yet.
            let file = try session.file()
            try confine(request.limits, output)
            try session.decode(file, output)
        case .upload:
            let files = try open(request.uploads.map(\.path))
            try confine(request.limits, output)
            let rules = request.uploads.map(\.cut)
            try UploadSession(
                files: Array(zip(files, request.uploads.map(\.tracks))),
                cut: rules.first { $0 != .refuse } ?? .refuse, output: output
            ).run()
        }
    }

    private static func encode(_ request: Request, _ output: FrameOutput) throws {
        let order: EncodingOrder
        do {
            order = try EncodingOrder(text: request.order)
        } catch {
            throw EncodingFailure(.unknownPreset, error.description)
        }
        // Encoders read memory here and there that they have not written: what they read must not depend on what was there
        // before, or pieces would not always be what they are in the whole.
        if order.split ?? .off != .off { keyway_clear_new_memory() }
        let files = try open(request.paths)
        try confine(request.limits, output)
        try EncodingSession(order, inputs: files.map(\.input), threads: request.limits.threads, output: output).run()
    }

    private static func open(_ paths: [String]) throws -> [OpenFile] {
        try paths.map { path in
            do throws(EncodingFailure) {
                return try OpenFile(path)
            } catch {
                guard paths.count > 1 else { throw error }
                throw EncodingFailure(error.code, "\(path): \(error.message)")
            }
        }
    }

    private static func confine(_ limits: EncoderLimits, _ output: FrameOutput) throws {
        for missing in try Confinement.enter(limits) { try output.send(.warning(message: missing)) }
    }

    private static func stop(_ failure: EncodingFailure, _ output: FrameOutput) -> Never {
        try? output.send(.failed(code: failure.code, message: failure.message))
        switch failure.code {
        case .inputMissing: exit(EncoderExitCode.noInput)
        case .internalError: exit(EncoderExitCode.internalError)
        default: exit(EncoderExitCode.badData)
        }
    }

    private static func watchParent() {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { _exit(EncoderExitCode.internalError) }
            }
        }
    }

    /// Ends a process whose work stands still for longer than it may.
    private static func watchWork(_ longestStandstill: Int) {
        Thread.detachNewThread {
            var seen = Heartbeat.steps
            var still = 0
            while true {
                sleep(1)
                let now = Heartbeat.steps
                still = now == seen && !Heartbeat.isWaiting ? still + 1 : 0
                seen = now
                if still >= longestStandstill { _exit(EncoderExitCode.stalled) }
            }
        }
    }

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
