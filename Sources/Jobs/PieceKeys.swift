import Catalog
import ContentKeys
import Policies

/// The keys of a film's pieces, opened: that of this run, and those of runs before it that pieces were kept of. They are opened
/// once, when the run begins: a day later their key-encryption key may be retired. Owned by the run.
struct PieceKeys: Sendable {
    private var keys: [WrappedContentKey: ContentKey] = [:]

    /// - Parameter own: of this run; nil for what lies in the clear.
    init(own: (clear: ContentKey, wrapped: WrappedContentKey)?) {
        if let own { keys[own.wrapped] = own.clear }
    }

    /// Whether a piece can be read. One whose key-encryption key was retired cannot, nor one whose key was changed: it is made
    /// anew.
    ///
    /// - Throws: `KeyUnwrapError` when whoever holds the key-encryption keys does not answer, or one that is in use is out of
    ///   reach; `CatalogError`.
    mutating func open(_ piece: PieceRecord, in environment: EncodingWorker.Environment) async throws -> Bool {
        guard let wrapped = piece.key, keys[wrapped] == nil else { return true }
        do {
            keys[wrapped] = try await environment.unwrapper.unwrap(wrapped, for: .storage)
            return true
        } catch let error as KeyUnwrapError {
            switch error {
            case .serviceAway: throw error
            case .kekUnavailable(let version):
                // Whether it is gone for good the catalog knows alone.
                let isInUse = try await environment.catalog.kekVersions().contains {
                    $0.version == version && $0.retired == nil
                }
                if isInUse { throw error }
                return false
            case .purposeMismatch, .authenticationFailed, .refused: return false
            }
        }
    }

    subscript(piece: PieceRecord) -> ContentKey? { piece.key.flatMap { keys[$0] } }
}

/// A piece that was kept and cannot be read as it was written: it is made anew.
struct DamagedPiece: Error {
    var number: Int
    var reason: String
}
