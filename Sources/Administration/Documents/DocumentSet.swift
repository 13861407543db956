public import Catalog
import Policies

/// Documents that shall hold together.
public struct DocumentSet: Sendable {
    public var documents: [LocatedDocument]

    public init(_ documents: [LocatedDocument]) {
        self.documents = documents
    }

    /// Everything that is wrong with the documents as a whole, and with what they refer to: names and KIDs used twice,
    /// references to what neither a document nor the catalog has.
    ///
    /// - Parameter pruning: whether policies of the catalog that no document declares will be removed, so that they
    ///   cannot be referred to.
    /// - Throws: `CatalogError` when the catalog cannot be read.
    public func validate(against catalog: any CatalogEngine, pruning: Bool = false) async throws -> [DocumentError] {
        var errors = duplicates() + sharedHosts()
        for reference in documents.flatMap(\.references) {
            guard try await !exists(reference, in: catalog, pruning: pruning) else { continue }
            errors.append(DocumentError(Self.missing(reference), at: reference.position))
        }
        return errors.sorted()
    }

    private func exists(
        _ reference: DocumentReference, in catalog: any CatalogEngine, pruning: Bool
    ) async throws -> Bool {
        let kind: Document.Kind
        switch reference.target {
        case .secret: return try await catalog.secret(named: reference.name) != nil
        case .authorizationPolicy: kind = .authorizationPolicy
        case .deliveryPolicy: kind = .deliveryPolicy
        case .accessPolicy: kind = .accessPolicy
        case .notificationEndpoint: kind = .notificationEndpoint
        }
        let isDeclared = documents.contains {
            $0.document.kind == kind && Exact($0.document.name) == Exact(reference.name)
        }
        // Access policies are never removed.
        if isDeclared || (pruning && kind != .accessPolicy) { return isDeclared }
        switch kind {
        case .deliveryPolicy: return try await catalog.deliveryPolicy(named: reference.name) != nil
        case .accessPolicy: return try await catalog.accessPolicy(named: reference.name) != nil
        case .notificationEndpoint: return try await catalog.notificationEndpoint(named: reference.name) != nil
        default: return try await catalog.authorizationPolicy(named: reference.name) != nil
        }
    }

    private static func missing(_ reference: DocumentReference) -> String {
        func neither(_ kind: Document.Kind) -> String {
            "there is no \(kind.rawValue) '\(reference.name)' here or in the catalog"
        }
        return switch reference.target {
        case .secret: "there is no secret '\(reference.name)': set it with 'keyway secret set \(reference.name)'"
        case .authorizationPolicy: neither(.authorizationPolicy)
        case .deliveryPolicy: neither(.deliveryPolicy)
        case .accessPolicy: neither(.accessPolicy)
        case .notificationEndpoint: neither(.notificationEndpoint)
        }
    }

    private struct Identity: Hashable {
        var kind: Document.Kind
        /// A name, or the text of a KID.
        var text: String
    }

    private func duplicates() -> [DocumentError] {
        var first: [Identity: SourcePosition] = [:]
        return documents.flatMap { located in
            identities(of: located.document).compactMap { identity -> DocumentError? in
                guard let earlier = first.updateValue(located.position, forKey: identity) else { return nil }
                first[identity] = earlier
                return DocumentError(
                    "\(identity.kind.rawValue) '\(identity.text)' is declared at \(earlier) already",
                    at: located.position)
            }
        }
    }

    /// A request is one endpoint's.
    private func sharedHosts() -> [DocumentError] {
        var first: [String: String] = [:]
        var errors: [DocumentError] = []
        for located in documents {
            guard case .streamingEndpoint(let declaration) = located.document else { continue }
            let endpoint = declaration.endpoint
            for host in endpoint.hosts {
                guard let other = first[host], other != endpoint.name else {
                    first[host] = endpoint.name
                    continue
                }
                errors.append(
                    DocumentError("the host '\(host)' is StreamingEndpoint '\(other)''s already", at: located.position))
            }
        }
        return errors
    }

    private func identities(of document: Document) -> [Identity] {
        var identities = [Identity(kind: document.kind, text: document.name)]
        if case .contentKey(let key) = document, let keyID = key.keyID {
            // A name cannot be mistaken for a KID: both are spelled with dashes, but names stand apart by the colon.
            identities.append(Identity(kind: .contentKey, text: "kid:\(keyID)"))
        }
        return identities
    }
}
