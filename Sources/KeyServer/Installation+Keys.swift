package import Adapters
package import Administration

extension Installation {
    /// What operators do with the keys of this data folder.
    package var keyOperations: KeyOperations { keyOperations(by: nil) }

    /// - Parameter actor: for the audit log; nil for the server itself.
    package func keyOperations(by actor: String?) -> KeyOperations {
        KeyOperations(catalog: catalog, material: keyMaterial, unwrapper: unwrapper, actor: actor)
    }
}
