/// The fields of a mapping, held against the fields that there are.
struct DocumentFields {
    private let node: DocumentNode
    private let what: String
    private var values: [String: DocumentNode] = [:]

    /// Reports every field that is not known, naming the nearest one that is. Nil when the node is no mapping.
    ///
    /// - Parameter what: what has these fields, with its article: `a delivery policy`.
    init?(_ node: DocumentNode, of what: String, known: [String]) {
        self.node = node
        self.what = what
        guard let pairs = node.pairs(what) else { return nil }
        for (key, keyNode, value) in pairs {
            if known.contains(key) {
                values[key] = value
            } else {
                keyNode.report("\(what) has no field \(key.quoted)\(NearestName.advice(key, among: known))")
            }
        }
    }

    /// A field that may be left out. A field without a value counts as a mistake, not as left out.
    subscript(field: String) -> DocumentNode? { values[field] }

    /// A field that must be there; reported at the mapping when it is not.
    func required(_ field: String) -> DocumentNode? {
        guard let value = values[field] else {
            node.report("\(what) needs the field '\(field)'")
            return nil
        }
        return value
    }

    func report(_ message: String) {
        node.report(message)
    }
}
