import Adapters
import Administration

extension Installation {
    /// What operators do with the keys of this data folder.
    var keyOperations: KeyOperations {
        KeyOperations(catalog: catalog, material: keyMaterial, unwrapper: unwrapper)
    }
}
