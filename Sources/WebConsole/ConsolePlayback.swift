/// What the player's page may reach, besides the listener that it comes from.
public struct ConsolePlayback: Sendable, Hashable {
    /// Base URLs, or names of hosts (any port of them), of origins and key services.
    public var sources: [String]
    /// Where ClearKey licences are asked for when a manifest does not say; nil where no key service is known.
    public var licence: String?

    public init(sources: [String], licence: String?) {
        self.sources = sources
        self.licence = licence
    }
}
