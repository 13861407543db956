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

/// Holds a multivariant playlist and all that it names against the rules of HLS.
enum PlaylistCheck {
    /// What was read, and the rules that are broken.
    static func report(_ url: String) throws -> (seen: [String: Any], broken: [String]) {
        let script = Programs.repository.appendingPathComponent("Tests/HLS/check.py").path
        let outcome = try run(Programs.outside("python"), [script, url])
        guard outcome.status == 0, let report = try? outcome.json() else { return ([:], [outcome.errors]) }
        return (report["seen"] as? [String: Any] ?? [:], report["broken"] as? [String] ?? ["no report"])
    }
}
