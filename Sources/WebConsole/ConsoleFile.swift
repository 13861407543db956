/// One of the console's files, embedded in the program at build time.
struct ConsoleFile {
    static let script = "text/javascript; charset=utf-8"

    var bytes: [UInt8]
    var contentType: String

    /// Nil for a name that is none of them.
    init?(_ name: String) {
        guard let bytes = Self.page(name) ?? Self.module(name) else { return nil }
        self.bytes = bytes
        contentType =
            switch name.split(separator: ".").last {
            case "html": "text/html; charset=utf-8"
            case "css": "text/css; charset=utf-8"
            case "svg": "image/svg+xml"
            default: Self.script
            }
    }

    private static func page(_ name: String) -> [UInt8]? {
        switch name {
        case "index.html": PackageResources.index_html
        case "console.css": PackageResources.console_css
        case "icon.svg": PackageResources.icon_svg
        case "play.html": PackageResources.play_html
        default: nil
        }
    }

    private static func module(_ name: String) -> [UInt8]? {
        switch name {
        case "main.js": PackageResources.main_js
        case "interface.js": PackageResources.interface_js
        case "elements.js": PackageResources.elements_js
        case "documents.js": PackageResources.documents_js
        case "assets.js": PackageResources.assets_js
        case "asset.js": PackageResources.asset_js
        case "posters.js": PackageResources.posters_js
        case "policies.js": PackageResources.policies_js
        case "keys.js": PackageResources.keys_js
        case "access.js": PackageResources.access_js
        case "audit.js": PackageResources.audit_js
        case "system.js": PackageResources.system_js
        case "jobs.js": PackageResources.jobs_js
        case "operations.js": PackageResources.operations_js
        case "reviews.js": PackageResources.reviews_js
        case "play.js": PackageResources.play_js
        default: nil
        }
    }
}
