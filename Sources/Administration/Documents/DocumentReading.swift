import Policies

/// From a YAML document to a declared one: `kind` chooses what the fields mean.
extension DocumentNode {
    /// Nil when something essential is wrong. A document that is given can still have errors in the scope: documents
    /// are used only when there is none.
    func document() -> LocatedDocument? {
        guard isMapping else {
            report("a document needs fields")
            return nil
        }
        guard let kindNode = self["kind"] else {
            report("a document needs the field 'kind'")
            return nil
        }
        guard let kind = kindNode.choice(Document.Kind.self, "kind") else { return nil }
        var references: [DocumentReference] = []
        guard let document = document(of: kind, &references) else { return nil }
        return LocatedDocument(document, at: position, references: references)
    }

    private func document(of kind: Document.Kind, _ references: inout [DocumentReference]) -> Document? {
        switch kind {
        case .authorizationPolicy: authorizationPolicy(&references).map(Document.authorizationPolicy)
        case .deliveryPolicy: deliveryPolicy().map(Document.deliveryPolicy)
        case .accessPolicy: accessPolicy().map(Document.accessPolicy)
        case .filter: filter().map(Document.filter)
        case .streamingEndpoint: streamingEndpoint(&references).map(Document.streamingEndpoint)
        case .notificationEndpoint: notificationEndpoint(&references).map(Document.notificationEndpoint)
        case .transform: transform(&references).map(Document.transform)
        case .ingestRules: ingestRules().map(Document.ingestRules)
        case .contentKey: contentKey(&references).map(Document.contentKey)
        }
    }
}
