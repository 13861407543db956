import EncoderProtocol
import Foundation
import KeyServer
import Synchronization

/// Draws the progress of long work on one line of standard error.
final class ProgressBar: Sendable {
    private static let width = 30

    private let label: String
    private let isDrawn: Bool
    private let isVisible = Mutex(false)

    init(label: String, isDrawn: Bool) {
        self.label = label
        self.isDrawn = isDrawn
    }

    func show(_ event: EncoderEvent) {
        guard isDrawn else { return }
        switch event {
        case .progress(let fraction, _, let speed): draw(fraction, speed)
        case .finished: draw(1, 0)
        case .probed, .planned, .decoded, .warning, .measured, .failed, .divided, .encoded,
            .inspected, .fingerprinted:
            break
        }
    }

    func show(done: Int, of total: Int) {
        guard isDrawn else { return }
        draw(total > 0 ? Double(done) / Double(total) : 1, 0)
    }

    func show(fraction: Double) {
        guard isDrawn else { return }
        draw(fraction, 0)
    }

    /// Writes lines that stay, above the bar.
    func tell(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        finish()
        for line in lines { Terminal.error(Terminal.clean(line)) }
    }

    /// Removes the line.
    func finish() {
        isVisible.withLock { isVisible in
            if isVisible { Terminal.clearLine() }
            isVisible = false
        }
    }

    private func draw(_ fraction: Double, _ speed: Double) {
        // The fraction comes from the child, which is not trusted.
        let fraction = fraction.isFinite ? min(max(fraction, 0), 1) : 0
        let done = Int((fraction * Double(Self.width)).rounded())
        let bar = String(repeating: "█", count: done) + String(repeating: "░", count: Self.width - done)
        let pace = speed > 0 ? String(format: "  %.1fx", speed) : ""
        isVisible.withLock { $0 = true }
        Terminal.redraw("\(label)  \(bar) \(Int((fraction * 100).rounded())) %\(pace)")
    }
}
