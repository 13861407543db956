import CSandbox
import EncoderProtocol
import Encoding
import Foundation
import Glibc

/// The child that alone touches untrusted media. It holds no keys, and takes its own rights away before it opens anything:
/// limits on memory, processor time and files, no network, no other program, no other file than the open input.
@main
enum EncoderProgram {
    static func main() {
        let output = FrameOutput(descriptor: STDOUT_FILENO)
        // The parent ends the child by closing its standard input, also by being killed.
        watchParent()
        guard let request = Request(CommandLine.arguments) else {
            say("usage: keyway-encoder INPUT adaptive --memory BYTES --processor-time SECONDS --threads COUNT")
            exit(EncoderExitCode.usage)
        }
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
        var input: String
        var limits: EncoderLimits

        init?(_ arguments: [String]) {
            guard arguments.count == 9, arguments[2] == "adaptive",
                let limits = EncoderLimits(arguments: Array(arguments[3...]))
            else { return nil }
            input = arguments[1]
            self.limits = limits
        }
    }

    private static func run(_ request: Request, _ output: FrameOutput) throws {
        let descriptor = open(request.input, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw EncodingFailure(.inputMissing, "it cannot be opened: \(String(cString: strerror(errno)))")
        }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw EncodingFailure(.inputMissing, "it is not a file")
        }
        guard facts.st_size > 0 else { throw EncodingFailure(.inputEmpty, "it is empty") }
        try confine(request.limits, output)
        try EncodingSession(descriptor: descriptor, threads: request.limits.threads, output: output).run()
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
