import Catalog
import Policies

extension AuthorizationPolicyForm: TaggedReport {
    public var entityTag: String? { try? EntityTag.of(self) }
}

extension DeliveryPolicyForm: TaggedReport {
    public var entityTag: String? { try? EntityTag.of(self) }
}

/// What became of a policy that was put.
public struct PolicyPutReport<Form: TaggedReport & Hashable>: TaggedReport {
    /// `create`, `update` or `unchanged`.
    public var change: String
    public var policy: Form

    public var entityTag: String? { policy.entityTag }
    public var isCreated: Bool { change == PlannedChange.Action.create.rawValue }
}

/// A policy that was deleted.
public struct PolicyDeletion: Codable, Sendable {
    public var kind: String
    public var name: String
}

extension PlannedChange.Action {
    init<Policy: Equatable>(from stored: Policy?, to policy: Policy) {
        self = stored == nil ? .create : stored == policy ? .unchanged : .update
    }
}

/// Reads the one document of a policy that is put under a name.
struct PolicyDocumentReading {
    var kind: Document.Kind
    var name: String
    var keySetHosts: [String]?

    static let otherKind = OperatorError(.invalid, "the document is of another kind than its address")

    /// - Throws: `DocumentsRejected` with everything that is wrong, `OperatorError` when the document is not one, or one
    ///   of another name.
    func read(_ text: String, catalog: any CatalogEngine) async throws -> Document {
        let scope = DocumentScope(file: name, publicKeys: .sent([]), keySetHosts: keySetHosts)
        let roots = YAMLReader.documents(in: text, scope: scope)
        guard scope.errors.isEmpty else { throw DocumentsRejected(scope.errors.sorted()) }
        guard roots.count == 1, let root = roots.first else {
            throw OperatorError(.invalid, "the body must hold one document, not \(roots.count)")
        }
        let located = root.declaring(["kind": kind.rawValue, "name": name]).document()
        // All at once, also what refers to something that is not there.
        var errors = scope.errors
        if let located { errors += try await DocumentSet([located]).validate(against: catalog) }
        guard errors.isEmpty, let located else { throw DocumentsRejected(errors.sorted()) }
        guard located.document.kind == kind else { throw Self.otherKind }
        guard located.document.name == name else {
            throw OperatorError(
                .invalid, "the document names itself \(located.document.name.quoted), and its address '\(name)'")
        }
        return located.document
    }
}
