import AssetFiles
import Catalog
import ContentKeys
import Cryptography
import EncoderProtocol
import Foundation
import MediaModel
import MediaStorage
import Policies

/// Joins the pieces of a film: their media behind one another is the media of the whole, and their indexes make its index.
struct PieceJoin {
    let environment: EncodingWorker.Environment
    let shelf: PieceShelf
    let job: JobID
    /// All, in the film's order: their places are their numbers.
    let pieces: [PieceRecord]
    let keys: PieceKeys
    /// How many numbers may have no track: those of still pictures of which the film has none.
    let mostGaps: Int

    /// - Parameters:
    ///   - key: nil for media that is stored in the clear.
    ///   - nonces: of the tracks, by their numbers.
    /// - Throws: `JobFailure` of class `content` when the pieces do not fit each other; `DamagedPiece`.
    func run(into staged: any StagedVersion, key: ContentKey?, nonces: [UInt64]) async throws -> [TrackRecord] {
        let size = pieces.flatMap(\.tracks).reduce(UInt64(0)) { $0 &+ $1.mediaSize }
        guard size <= environment.limits.output else {
            throw JobFailure(.limitExceeded, "the encode is larger than \(environment.limits.output) bytes")
        }
        let numbers = Set(pieces.flatMap(\.tracks).map(\.number)).sorted()
        guard let last = numbers.last, last < nonces.count, last + 1 - numbers.count <= mostGaps else {
            throw Self.misfit("they have tracks \(numbers.map { "\($0 + 1)" }.joined(separator: ", "))")
        }
        let records = try await OwnThread.run { stop in
            try numbers.enumerated().map { place, number in
                let track = try TrackReception(number: place, staged: staged, key: key, nonce: nonces[place])
                return try join(number, track, stop)
            }
        }
        // Only still pictures may be missing, and they come behind pictures and sound.
        let gap = Set(0...last).subtracting(numbers).min() ?? last + 1
        let isMediaWhole = zip(numbers, records).allSatisfy { number, record in
            number < gap || ![.video, .audio].contains(record.description.kind)
        }
        guard isMediaWhole else { throw Self.misfit("a track of pictures or sound is missing") }
        guard Set(records.map(\.description.name)).count == records.count, records.hasStillsOnce else {
            throw Self.misfit("they have two tracks of one name, or of still pictures of one kind")
        }
        return records
    }

    private func join(_ number: Int, _ track: TrackReception, _ stop: StopFlag) throws -> TrackRecord {
        var builder = TrackIndexBuilder()
        var description: TrackDescription?
        var size: UInt64 = 0
        var end: UInt64 = 0
        for (place, piece) in pieces.enumerated() {
            try stop.check()
            guard let part = piece.tracks.first(where: { $0.number == number }) else { continue }
            let data = try Self.reading(place) { try shelf.contents(of: part.indexFile, place, job) }
            guard try SHA256.digest(Array(data)) == part.indexDigest else {
                throw DamagedPiece(number: place, reason: "its index is not the one that was written")
            }
            let index: TrackIndex
            do {
                index = try TrackIndex(validating: data)
            } catch {
                throw Self.misfit("\(error)")
            }
            guard Self.isSame(description ?? index.description, index.description) else {
                throw Self.misfit("track \(number) of piece \(place + 1) is set otherwise than the first")
            }
            // A poster stands at its time, and is in one piece alone.
            let isStill = description == nil && index.description.kind == .image
            guard index.segment(0).decodeTime == end || isStill else {
                throw Self.misfit("track \(number) of piece \(place + 1) does not begin where the one before ends")
            }
            description = description ?? index.description
            Self.add(index, at: size, to: &builder)
            end = index.duration
            let reader = try Self.reading(place) { try shelf.media(of: part, place, job, key: keys[piece]) }
            guard reader.size == part.mediaSize else {
                throw DamagedPiece(number: place, reason: "its media is not as long as it was")
            }
            var position: UInt64 = 0
            while position < part.mediaSize {
                try stop.check()
                let next = min(position + UInt64(PieceTagger.pieceSize), part.mediaSize)
                var bytes: [UInt8] = []
                // What fails here is the piece; what fails below it is the version.
                try Self.reading(place) { try reader.append(position..<next, to: &bytes) }
                try track.takeMedia(bytes)
                position = next
            }
            size += part.mediaSize
        }
        guard var description else { throw Self.misfit("there is no track \(number)") }
        let bitrates = builder.bitrates(timescale: description.timescale)
        description.averageBitrate = bitrates.average
        description.peakBitrate = bitrates.peak
        try track.takeIndex(Array(try builder.encode(description: description, mediaSize: size)))
        return try track.finish()
    }

    /// Reads of a piece that was kept.
    private static func reading<Result>(_ number: Int, _ read: () throws -> Result) throws -> Result {
        do {
            return try read()
        } catch let error as MediaStorageError {
            throw DamagedPiece(number: number, reason: error.reason)
        }
    }

    private static func add(_ index: TrackIndex, at start: UInt64, to builder: inout TrackIndexBuilder) {
        for number in 0..<index.segmentCount {
            let segment = index.segment(number)
            builder.addSegment(
                decodeTime: segment.decodeTime,
                samples: index.samples(of: segment).map { sample in
                    TrackIndexBuilder.NewSample(
                        offset: start + sample.offset, size: sample.size, duration: sample.duration,
                        compositionOffset: sample.compositionOffset, isSync: sample.isSync,
                        subsamples: index.subsamples(of: sample))
                })
        }
    }

    /// Bit rates are those of a piece.
    private static func isSame(_ one: TrackDescription, _ other: TrackDescription) -> Bool {
        var other = other
        other.averageBitrate = one.averageBitrate
        other.peakBitrate = one.peakBitrate
        return one == other
    }

    private static func misfit(_ reason: String) -> JobFailure {
        JobFailure(encoder: .notAligned, "its pieces do not fit each other: \(reason)")
    }
}

extension RenditionQuality {
    /// Of a film.
    static let possiblePictures = 0...1_000_000_000

    /// Whether it is what an encoder may have measured: the child's word is not taken for it.
    var isPlausible: Bool {
        name.utf8.count <= 64 && Self.possiblePictures.contains(pictures ?? 0) && (-1...1).contains(similarity)
            && (signalToNoise.map { (-1000...1000).contains($0) } ?? true)
    }

    /// Of the whole, from those of pieces; in the order of first mention.
    static func joined(_ pieces: [RenditionQuality]) -> [RenditionQuality] {
        var names: [String] = []
        for quality in pieces where !names.contains(quality.name) { names.append(quality.name) }
        return names.map { name in
            let parts = pieces.filter { $0.name == name }
            let count = parts.reduce(0) { $0 + ($1.pictures ?? 1) }
            let weights = parts.map { Double($0.pictures ?? 1) / Double(max(count, 1)) }
            let similarity = zip(parts, weights).reduce(0) { $0 + $1.0.similarity * $1.1 }
            // What is averaged is the error, of which the ratio is told in dB.
            let error = zip(parts, weights).reduce(0) { sum, part in
                sum + (part.0.signalToNoise.map { pow(10, -$0 / 10) } ?? 0) * part.1
            }
            return RenditionQuality(
                name: name, similarity: similarity, signalToNoise: error > 0 ? -10 * log10(error) : nil,
                pictures: count)
        }
    }

    /// For people.
    var text: String {
        "SSIM \(String(format: "%.4f", similarity)), PSNR "
            + (signalToNoise.map { String(format: "%.2f dB", $0) } ?? "same")
    }
}
