import MediaEncryption

/// Makes the next pieces of several segments together. Each is a chain of AES-128 blocks, and several chains cost a wide
/// processor little more than one.
///
/// Used by one thread at a time.
public final class PieceRound {
    /// Most pieces of one round, as many as there are lanes: more would only leave the processor's cache.
    public static let most = 16

    /// Where a piece goes.
    public struct Place {
        public var pieces: SegmentPieces
        /// `SegmentPieces.size` bytes.
        public var buffer: UnsafeMutableRawBufferPointer

        public init(_ pieces: SegmentPieces, _ buffer: UnsafeMutableRawBufferPointer) {
            self.pieces = pieces
            self.buffer = buffer
        }
    }

    private let lanes = EnvelopeLanes()

    public init() {}

    /// As `SegmentPieces.next(into:mayWait:)` for each place, without waiting for the disk. What fails fails alone, but for
    /// the processor's lanes, which all share.
    public func next(_ places: [Place]) -> [Result<Int?, any Error>] {
        var gathered: [Result<Int?, any Error>] = []
        var chains: [EnvelopeLanes.Piece] = []
        for place in places {
            gathered.append(Result { try place.pieces.gather(into: place.buffer, &chains) })
        }
        do {
            try lanes.encrypt(chains)
        } catch {
            return places.map { _ in .failure(error) }
        }
        return zip(places, gathered).map { place, result in
            Result { try result.get().map { $0 == 0 ? 0 : try place.pieces.take($0, place.buffer) } }
        }
    }
}

extension SegmentPieces {
    /// Whether it can be made in a `PieceRound`.
    public var isChained: Bool { maker is EnvelopedSegmentMaker }

    /// Puts the next bytes at the start of the buffer, those that are to be encrypted still in the clear.
    fileprivate func gather(
        into buffer: UnsafeMutableRawBufferPointer, _ chains: inout [EnvelopeLanes.Piece]
    ) throws -> Int? {
        guard left > 0 else { return 0 }
        guard let maker = maker as? EnvelopedSegmentMaker else {
            throw OriginError(.storageFault, "a segment has no piece for a round")
        }
        switch try maker.gather(into: buffer, mayWait: false) {
        case .clear(let count):
            let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            chains.append(EnvelopeLanes.Piece(maker.encryptor, bytes))
            return count
        case .encrypted(let count): return count
        case nil: return nil
        }
    }
}
