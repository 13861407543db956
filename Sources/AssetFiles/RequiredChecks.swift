public import Catalog

extension QuarantineCatalog {
    /// Whether a program that knows these checks may let originals out. A server writes those into the catalog that stand in its
    /// configuration alone, so that no program passes them over which does not read that.
    ///
    /// - Throws: `CheckObstacle`, which says what is missing and what to do; `CatalogError`.
    public func requireChecks(among known: [String]) async throws {
        let missing = try await requiredChecks().filter { !known.contains($0) }
        guard !missing.isEmpty else { return }
        throw CheckObstacle(
            "this catalog's originals are examined by \(missing.joined(separator: ", ")), which this program is not "
                + "configured for: give it the server's keyway.yaml (--config), or leave it to the server; "
                + "a server that is started with checks.\(missing[0]): off ends it")
    }
}
