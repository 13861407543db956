import EncoderProtocol
import TrackOutput

/// The pictures of a film that one run encodes, counted at the constant rate.
struct FilmStretch: Hashable {
    var first = 0
    /// The first one behind it; nil for the film's end.
    var end: Int?
    /// A new encoder begins at each multiple of it; nil for one encoder.
    var pieceSize: Int?

    /// Whether another encoder than before begins with a picture.
    func beginsPiece(_ picture: Int) -> Bool {
        guard let pieceSize, picture > first else { return false }
        return picture % pieceSize == 0
    }
}

extension FilmStretch {
    /// - Throws: `EncodingFailure` for a share that does not begin where a piece does.
    init(_ share: EncodingOrder.Share?, pieceSize: Int?) throws {
        self.pieceSize = pieceSize
        guard case .pictures(let first, let count) = share else { return }
        guard let pieceSize, first % pieceSize == 0, (count ?? 0) % pieceSize == 0 else {
            throw EncodingFailure(.internalError, "a share begins and ends where a piece does")
        }
        self.first = first
        end = count.map { first + $0 }
    }
}
