/// The folder and the name that a path's text says (POSIX, `dirname` and `basename`), without a look at any disk.
///
/// Foundation's `NSString.deletingLastPathComponent` traps on Linux for a name of one character.
public enum PathText {
    /// The folder that a path's last name stands in: `.` where the path names none.
    public static func folder(of path: String) -> String {
        let bytes = trimmed(path)
        guard let end = bytes.lastIndex(of: slash) else { return bytes.isEmpty && !path.isEmpty ? "/" : "." }
        let folder = trimmed(bytes[..<end])
        return folder.isEmpty ? "/" : String(folder) ?? "."
    }

    /// A path's last name; empty for `/` and for nothing.
    public static func name(of path: String) -> String {
        let bytes = trimmed(path)
        let start = bytes.lastIndex(of: slash).map(bytes.index(after:)) ?? bytes.startIndex
        return String(bytes[start...]) ?? ""
    }

    private static let slash = UInt8(ascii: "/")

    /// Without the slashes at its end.
    private static func trimmed(_ path: String) -> Substring.UTF8View { trimmed(path[...].utf8) }

    private static func trimmed(_ bytes: Substring.UTF8View) -> Substring.UTF8View {
        var bytes = bytes
        while bytes.last == slash { bytes.removeLast() }
        return bytes
    }
}
