import Catalog
import EncoderProtocol
import Glibc
import Subprocess

/// What it means that a child ended without a word.
enum EarlyEnd {
    static func failure(_ status: TerminationStatus) -> JobFailure {
        switch status {
        case .exited(EncoderExitCode.stalled):
            JobFailure(.limitExceeded, "the encoder stood still: a decoder hangs on this input")
        case .signaled(SIGXCPU):
            JobFailure(.limitExceeded, "it took more processor time than an encode may")
        case .signaled(SIGKILL):
            JobFailure(
                .encoderCrashed,
                "the encoder was killed: by somebody, or by the system because it used too much memory or time",
                as: .lost)
        // It may be the input's doing, and need not be: another attempt costs no more than this one did.
        case .signaled: JobFailure(.encoderCrashed, "the encoder crashed (\(status))", as: .lost)
        default: JobFailure(.encoderCrashed, "the encoder ended early (\(status))")
        }
    }
}
