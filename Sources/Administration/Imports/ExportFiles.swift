public import AzureImport
import ContentKeys
import Foundation
import Glibc

/// Reads the files of an import, in bounds and with their secrets zeroed afterwards.
public enum ExportFiles {
    /// Of one file, in bytes; a larger one is not read at all.
    private static let longest = 4 << 20

    /// The files as they are named, and of folders every file directly in them, in order of name; names that start with
    /// a dot are left aside. Never throws: what cannot be read is said in the result.
    public static func sources(_ paths: [String]) -> [ExportSource] {
        var sources: [ExportSource] = []
        var seen: Set<String> = []
        var left = AzureImport.mostBytes
        for path in paths {
            for file in files(at: path, &sources) where seen.insert(resolved(file)).inserted {
                guard seen.count <= AzureImport.mostFiles, left > 0 else {
                    sources.append(
                        ExportSource(
                            name: path,
                            problem: "more than \(AzureImport.mostFiles) files or \(AzureImport.mostBytes >> 20) MiB"))
                    return sources
                }
                let source = source(file)
                left -= source.bytes?.count ?? 0
                sources.append(source)
            }
        }
        return sources
    }

    private static func source(_ file: String) -> ExportSource {
        do throws(BoundedFileError) {
            var bytes = try BoundedFile.bytes(file, limit: longest)
            defer { bytes.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } } }
            return ExportSource(name: file, bytes: bytes.withUnsafeBytes { ZeroedBytes(copying: $0) })
        } catch {
            return ExportSource(name: file, problem: error.reason)
        }
    }

    private static func files(at path: String, _ sources: inout [ExportSource]) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return [path]
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            sources.append(ExportSource(name: path, problem: "cannot be opened"))
            return []
        }
        let shown = names.filter { !$0.hasPrefix(".") }.sorted()
        if shown.isEmpty { sources.append(ExportSource(name: path, problem: "has no files")) }
        return shown.map { path.hasSuffix("/") ? path + $0 : path + "/" + $0 }
    }

    private static func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }
}
