import Foundation

/// Holds a media presentation description against the schema of ISO/IEC 23009-1.
enum SchemaCheck {
    struct Broken: Error, CustomStringConvertible {
        var description: String
    }

    /// - Parameter file: where it lies.
    static func check(_ file: String) throws {
        let schemas = Programs.repository.appendingPathComponent("Tests/Schemas").path
        let outcome = try run(
            Programs.outside("xmllint"), ["--nonet", "--noout", "--schema", schemas + "/DASH-MPD.xsd", file],
            environment: ["XML_CATALOG_FILES": schemas + "/catalog.xml"])
        guard outcome.status == 0 else { throw Broken(description: outcome.errors) }
    }
}
