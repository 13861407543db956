import ContentKeys
import Policies

/// Reads what Azure Media Services exported (of both APIs, in any mix) into things of Keyway. Pure: bytes in, items and
/// findings out. Whatever would allow more here than it did there is left out, and said.
public enum AzureImport {
    /// Most files of one import.
    public static let mostFiles = 1_000
    /// Of all files together, in bytes.
    public static let mostBytes = 64 << 20

    /// Whether a text can stand before all names.
    public static func isPrefix(_ text: String) -> Bool { ImportNames.isPrefix(text) }

    /// Whether a file with this start may be JSON or XML.
    public static func mayStartExport(_ start: some Sequence<UInt8>) -> Bool {
        let start = start.filter { ![0x20, 0x09, 0x0A, 0x0D, 0x00, 0xEF, 0xBB, 0xBF, 0xFE, 0xFF].contains($0) }
        return start.first.map { "{[<".utf8.contains($0) } ?? true
    }

    /// - Parameter prefix: stands before every name here.
    public static func read(_ sources: [ExportSource], prefix: String = "") -> ImportedItems {
        let reading = ExportReading()
        for source in sources { reading.read(source) }
        reading.addPredefined()
        var assembly = ImportAssembly(reading, prefix: prefix)
        return assembly.assemble()
    }
}
