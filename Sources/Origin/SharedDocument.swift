public import Catalog
import Policies

/// A manifest, playlist or initialization segment at hand, as everybody gets it.
public struct SharedDocument: Sendable {
    /// On what it is given out.
    struct Terms: Sendable {
        let asset: String
        let locator: LocatorTerms
        let keyBase: String
    }

    public let object: OriginObject
    fileprivate let terms: Terms
}

extension OriginService {
    /// The document that a request names, if it is at hand; nil for one that depends on who asks, and for any other object.
    ///
    /// - Throws: `OriginError` when there is no such document, or nobody may have it.
    public func sharedDocument(for request: OriginRequest) throws -> SharedDocument? {
        switch request {
        case .manifest, .mediaPlaylist, .keyFramePlaylist, .initializationSegment: break
        case .segment, .keyFrame, .smoothFragment, .progressive, .sheet, .thumbnailTrack, .poster: return nil
        }
        // Before the object: it is not newer than what is compared with it.
        let keyBase = keyBaseURL()
        guard let lookup = try knownLocator(request.presentation), let object = try objectAtHand(for: request) else {
            return nil
        }
        let terms = SharedDocument.Terms(asset: lookup.asset.name, locator: lookup.terms, keyBase: keyBase)
        return SharedDocument(object: object, terms: terms)
    }

    /// Whether a document may be given out as it is, as far as no change of the catalog tells: time goes on, and the
    /// configuration may be another one.
    fileprivate func stands(_ terms: SharedDocument.Terms) -> Bool {
        terms.locator.streams(at: now()) && terms.keyBase == keyBaseURL()
    }
}

/// A memory of what is made of shared documents, which lasts as long as they do.
public struct SharedDocumentMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// A class, so that looking at one takes nothing of it.
    @usableFromInline final class Kept: Sendable {
        let terms: SharedDocument.Terms
        @usableFromInline let value: Value

        init(_ terms: SharedDocument.Terms, _ value: Value) {
            self.terms = terms
            self.value = value
        }
    }

    @usableFromInline let service: OriginService
    @usableFromInline let memory: WatchedMemory<Key, Kept>

    /// - Parameters:
    ///   - capacity: most values that are kept.
    ///   - depends: whether the values depend on such records besides.
    public init(
        _ service: OriginService, capacity: Int, depends: @escaping @Sendable (CatalogSubject) -> Bool
    ) {
        self.service = service
        memory = WatchedMemory(watch: service.watch, capacity: capacity) { notice in
            if depends(notice.subject) { return .everything }
            guard RenderedDocuments.depend(on: notice.subject) else { return .nothing }
            return notice.subject == .asset ? .those { $0.terms.asset == notice.id } : .everything
        }
    }

    /// The value at hand, or what is made now of a document; nil where there is none.
    @inlinable public func value(of key: Key, make: () throws -> (SharedDocument, Value)?) rethrows -> Value? {
        guard let kept = try memory.known(key) ?? read(key, make), stands(kept) else { return nil }
        return kept.value
    }

    @usableFromInline func stands(_ kept: Kept) -> Bool { service.stands(kept.terms) }

    @usableFromInline func read(_ key: Key, _ make: () throws -> (SharedDocument, Value)?) rethrows -> Kept? {
        try memory.value(of: key) { try make().map { Kept($0.terms, $1) } }
    }
}
