import EncoderProtocol
import Synchronization

/// What the encoder said of its renditions, for the report at the end.
final class MeasuredQualities: Sendable {
    private let found = Mutex<[RenditionQuality]>([])

    func note(_ event: EncoderEvent) {
        guard case .measured(let quality) = event else { return }
        found.withLock { if $0.count < EncoderFrame.maximumTracks { $0.append(quality) } }
    }

    var all: [RenditionQuality] { found.withLock { $0 } }
}
