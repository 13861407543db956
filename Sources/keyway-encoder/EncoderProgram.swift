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
        guard let request = Request(CommandLine.arguments) else {
            say(
                "usage: keyway-encoder adaptive|upload|probe|verify --memory BYTES --processor-time SECONDS --threads COUNT INPUT…"
            )
            exit(EncoderExitCode.usage)
        }
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
        /// Of the first input.
        var path: String
        /// Of an upload.
        var inputs: [UploadInput]

        init?(_ arguments: [String]) {
            guard arguments.count >= 9, let task = EncoderTask(rawValue: arguments[1]),
                let limits = EncoderLimits(arguments: Array(arguments[2..<8]))
            else { return nil }
            // What is encoded is one file, whatever its path.
            let texts = arguments[8...]
            inputs = task == .upload ? texts.compactMap(UploadInput.init(text:)) : []
            guard task != .upload || inputs.count == texts.count else { return nil }
            path = texts.first ?? ""
            guard task.takesSeveralInputs || texts.count == 1, texts.count <= EncoderTask.maximumInputs else {
                return nil
            }
            self.task = task
            self.limits = limits
        }
    }

    private static func run(_ request: Request, _ output: FrameOutput) throws {
        switch request.task {
        case .adaptive:
            let file = try OpenFile(request.path)
            try confine(request.limits, output)
            try EncodingSession(descriptor: file.descriptor, threads: request.limits.threads, output: output).run()
        case .probe:
            let file = try OpenFile(request.path)
            try confine(request.limits, output)
            try MediaProbe.run(descriptor: file.descriptor, output: output)
        case .verify:
            var session = try VerificationSession()
            watchParent()
            // Written before the rights to write are gone; nothing has looked into it yet.
            let descriptor = try session.file()
            try confine(request.limits, output)
            try session.decode(descriptor, output)
        case .upload:
            var files: [(file: OpenFile, tracks: [UploadInput.Track]?)] = []
            for input in request.inputs {
                do {
                    files.append((try OpenFile(input.path), input.tracks))
                } catch {
                    guard request.inputs.count > 1 else { throw error }
                    throw EncodingFailure(error.code, "\(input.path): \(error.message)")
                }
            }
            try confine(request.limits, output)
            try UploadSession(files: files, output: output).run()
        }
    }

    private static func confine(_ limits: EncoderLimits, _ output: FrameOutput) throws {
        guard keyway_limit_process(UInt64(limits.memory), UInt64(limits.processorTime)) == 0 else {
            throw EncodingFailure(.internalError, "the limits cannot be set")
        }
        let failure = keyway_forbid_system_calls()
        if failure != 0 {
            try output.send(
                .warning(message: "system calls cannot be filtered here: \(String(cString: strerror(failure)))"))
        }
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

    private static func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
