import Policies

/// Whole files: `/{locator}/{asset}.mp4` has the largest rendition and the first sound, `/{locator}/{asset}({track}+{track}).mp4`
/// the tracks that it names. Names of assets have no parentheses.
extension OriginPath {
    private static let ending = ".mp4"

    /// Nil for what is none.
    static func progressive(_ parts: [String]) throws(OriginError) -> OriginRequest? {
        guard parts.count == 3, parts[0].isEmpty, parts[2].hasSuffix(ending), let locator = LocatorID(parts[1]),
            parts[2].utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        let name = parts[2].dropLast(ending.utf8.count)
        guard name.hasSuffix(")"), let open = name.firstIndex(of: "(") else {
            return .progressive(PresentationReference(locator: locator, name: String(name)), tracks: [])
        }
        let tracks = name[name.index(after: open)...].dropLast()
            .split(separator: "+", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(tracks.count), Set(tracks).count == tracks.count, !tracks.contains("") else {
            throw OriginError(.badURLSyntax, "A file has one or two tracks, with a plus sign between them.")
        }
        return .progressive(PresentationReference(locator: locator, name: String(name[..<open])), tracks: tracks)
    }

    static func printProgressive(_ presentation: PresentationReference, _ tracks: [String]) -> String {
        "/\(presentation.locator)/\(presentation.name)"
            + (tracks.isEmpty ? "" : "(\(tracks.joined(separator: "+")))") + ending
    }
}
