import EncoderProtocol
import Foundation

/// Takes what a child says of an input or a segment: events and nothing else.
actor ProbeReception: EncoderOutput {
    private var reader = EncoderFrameReader()
    private var received = 0
    private let limit: Int
    private(set) var facts: EncoderInput?
    /// Of a segment that was verified.
    private(set) var decoded: (frames: Int, errors: Int)?
    /// What an operator should know, and what was said of the tracks; of what is planned.
    private(set) var told: [EncoderEvent] = []
    /// How a film falls into pieces.
    private(set) var film: DividedFilm?
    /// What checks look at.
    private(set) var inspected: MediaFacts?
    private(set) var fingerprint: [UInt32] = []
    private(set) var isFinished = false
    private(set) var failure: JobFailure?

    /// - Parameter limit: of all events together, in bytes.
    init(limit: Int = 1 << 20) {
        self.limit = limit
    }

    func take(_ bytes: [UInt8]) throws {
        received += bytes.count
        guard received <= limit else { throw JobFailure(.encoderProtocol, "the encoder says too much") }
        reader.append(bytes)
        do {
            while let frame = try reader.next() { try take(frame) }
        } catch let error as EncoderFrameError {
            throw JobFailure(.encoderProtocol, error.description)
        }
    }

    private func take(_ frame: EncoderFrame) throws {
        guard frame.kind == .event, let event = try? JSONDecoder().decode(EncoderEvent.self, from: Data(frame.payload))
        else { throw JobFailure(.encoderProtocol, "the encoder sent something else than an event") }
        switch event {
        case .probed(let facts): self.facts = facts
        case .decoded(let frames, let errors): decoded = (frames, errors)
        case .finished: isFinished = true
        case .failed(let code, let message): failure = JobFailure(encoder: code, String(message.prefix(1000)))
        case .divided(let film): self.film = film
        case .planned, .warning: if told.count < 100 { told.append(event) }
        case .inspected(let facts): inspected = facts
        case .fingerprinted(let items): fingerprint += items
        case .progress, .measured, .encoded: break
        }
    }
}
