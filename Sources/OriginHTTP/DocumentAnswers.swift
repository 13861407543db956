import Catalog
import HTTPSurface
import NIOCore
import Origin

/// Whole answers to plain requests for manifests, playlists and initialization segments, as they are written: every player
/// of a film asks for the same ones in the same words.
struct DocumentAnswers: Sendable {
    /// All of a request that its answer depends on.
    private struct Name: Hashable, Sendable {
        var target: String
        /// One of those that get an answer of their own.
        var origin: String?
    }

    /// Most answers that are kept, and the longest one, in bytes: together they bound the memory.
    private static let capacity = 2_000
    private static let longest = 64 << 10

    private let sharing: CrossOriginPolicy
    private let memory: SharedDocumentMemory<Name, FastResponse>

    init(_ service: OriginService, _ sharing: CrossOriginPolicy) {
        self.sharing = sharing
        memory = SharedDocumentMemory(service, capacity: Self.capacity) { $0 == .streamingEndpoint }
    }

    /// Whether a target may be a document's: segments are not looked up.
    private static func mayBeDocument(_ target: String.UTF8View) -> Bool {
        switch target.last {
        // manifest(…), or without parameters
        case UInt8(ascii: ")"), UInt8(ascii: "t"): true
        // .m3u8
        case UInt8(ascii: "8"): true
        // init.mp4, but no segment: .m4s
        case UInt8(ascii: "4"): true
        default: false
        }
    }

    /// The answer to a request; nil where it depends on more than the request's target and origin, or has to be made anew
    /// each time.
    func answer(
        to request: FastRequest, make: (FastRequest) throws -> (SharedDocument, FastResponse)?
    ) -> FastResponse? {
        guard request.method == .get, request.query == nil, request.authorization == nil, request.conditions == nil,
            Self.mayBeDocument(request.target.utf8)
        else { return nil }
        let name = Name(target: request.target, origin: sharing.distinguished(request.origin))
        return try? memory.value(of: name) {
            guard let (document, response) = try make(request), response.body.readableBytes <= Self.longest else {
                return nil
            }
            return (document, response.written)
        }
    }
}
