/// The modules that play protected streams in a browser: part of the program, and the same for every page that plays.
public enum PlayerScript {
    /// A module's bytes (JavaScript in UTF-8) by its file name; nil for a name that is none of them.
    public static func bytes(of name: String) -> [UInt8]? {
        switch name {
        case "playback.js": PackageResources.playback_js
        case "manifests.js": PackageResources.manifests_js
        case "transmux.js": PackageResources.transmux_js
        case "keys.js": PackageResources.keys_js
        case "stills.js": PackageResources.stills_js
        default: nil
        }
    }
}
