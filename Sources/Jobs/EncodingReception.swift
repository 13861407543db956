import Catalog
import ContentKeys
import EncoderProtocol
import Foundation
import MediaModel
import MediaStorage

/// Takes the encoder's whole stream apart: events out, tracks into the staged version. Everything that arrives is
/// untrusted.
actor EncodingReception: EncoderOutput {
    private let staged: any StagedVersion
    private let key: ContentKey?
    private let nonces: [UInt64]
    /// The number of the first track's files.
    private let firstFile: Int
    private let budget: OutputBudget
    private let onEvent: @Sendable (EncoderEvent) async throws -> Void
    private var reader = EncoderFrameReader()
    private var open: [Int: TrackReception] = [:]
    private var records: [Int: TrackRecord] = [:]
    /// In bytes, events and all.
    private(set) var received: UInt64 = 0
    private(set) var isFinished = false
    private(set) var failure: JobFailure?
    /// What an operator should know, bounded.
    private(set) var warnings: [String] = []
    /// How close renditions came to their source, when that was asked for.
    private(set) var qualities: [RenditionQuality] = []
    /// How many pictures of the film there are up to the end of what was made.
    private(set) var pictures: Int?

    private static let maximumWarnings = 64

    /// - Parameters:
    ///   - key: nil for media that is stored in the clear.
    ///   - nonces: as many as there may be tracks.
    ///   - budget: of everything that is received, perhaps with others.
    init(
        staged: any StagedVersion, key: ContentKey?, nonces: [UInt64], firstFile: Int = 0, budget: OutputBudget,
        onEvent: @escaping @Sendable (EncoderEvent) async throws -> Void
    ) {
        self.staged = staged
        self.key = key
        self.nonces = nonces
        self.firstFile = firstFile
        self.budget = budget
        self.onEvent = onEvent
    }

    /// The tracks that were made, with their numbers.
    ///
    /// - Throws: `JobFailure` unless every track that began is complete.
    func ended(mayBeNone: Bool = false) throws -> [(number: Int, record: TrackRecord)] {
        guard open.isEmpty, !records.isEmpty || mayBeNone else {
            throw JobFailure(.encoderProtocol, "the encoder left a track incomplete")
        }
        return records.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The tracks in the order of their numbers.
    ///
    /// - Throws: `JobFailure` unless every track that began is complete.
    func tracks() throws -> [TrackRecord] {
        guard open.isEmpty, !records.isEmpty, records.keys.sorted() == Array(0..<records.count) else {
            throw JobFailure(.encoderProtocol, "the encoder left a track incomplete")
        }
        let tracks = records.sorted { $0.key < $1.key }.map(\.value)
        guard Set(tracks.map(\.description.name)).count == tracks.count else {
            throw JobFailure(.encoderProtocol, "the encoder gave two tracks one name")
        }
        guard tracks.hasStillsOnce else {
            throw JobFailure(.encoderProtocol, "the encoder made several tracks of still pictures of one kind")
        }
        return tracks
    }

    func take(_ bytes: [UInt8]) async throws {
        reader.append(bytes)
        do {
            while let frame = try reader.next() { try await take(frame) }
        } catch let error as EncoderFrameError {
            throw JobFailure(.encoderProtocol, error.description)
        }
    }

    private func take(_ frame: EncoderFrame) async throws {
        guard !isFinished, failure == nil else {
            throw JobFailure(.encoderProtocol, "the encoder went on after its end")
        }
        received += UInt64(frame.payload.count)
        try budget.take(UInt64(frame.payload.count))
        switch frame.kind {
        case .event: try await take(event: frame.payload)
        case .media: try track(frame.track).takeMedia(frame.payload)
        case .index: try track(frame.track).takeIndex(frame.payload)
        case .trackEnd:
            records[frame.track] = try track(frame.track).finish()
            open[frame.track] = nil
        }
    }

    private func take(event json: [UInt8]) async throws {
        guard let event = try? JSONDecoder().decode(EncoderEvent.self, from: Data(json)) else {
            throw JobFailure(.encoderProtocol, "the encoder sent an event that is not readable")
        }
        switch event {
        case .finished: isFinished = true
        case .failed(let code, let message):
            failure = JobFailure(encoder: code, String(message.prefix(1000)))
        case .warning(let message):
            if warnings.count < Self.maximumWarnings { warnings.append(String(message.prefix(500))) }
        case .measured(let quality):
            guard quality.isPlausible else {
                throw JobFailure(.encoderProtocol, "the encoder measured what cannot be")
            }
            if qualities.count < EncoderFrame.maximumTracks { qualities.append(quality) }
        case .encoded(let pictures):
            guard RenditionQuality.possiblePictures.contains(pictures) else {
                throw JobFailure(.encoderProtocol, "the encoder counted \(pictures) pictures")
            }
            self.pictures = pictures
        case .probed, .planned, .progress, .decoded, .divided, .inspected, .fingerprinted: break
        }
        try await onEvent(event)
    }

    private func track(_ number: Int) throws -> TrackReception {
        if let track = open[number] { return track }
        guard records[number] == nil, number < nonces.count else {
            throw JobFailure(.encoderProtocol, "the encoder went on with track \(number) after its end")
        }
        let track = try TrackReception(number: firstFile + number, staged: staged, key: key, nonce: nonces[number])
        open[number] = track
        return track
    }
}

extension [TrackRecord] {
    /// Whether there is one track of still pictures of a kind at most. Each may leave in the clear beside a protected film:
    /// many of them together may be the film.
    var hasStillsOnce: Bool {
        let roles = compactMap(\.description.image?.role)
        return Set(roles).count == roles.count
    }
}
