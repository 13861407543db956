public import AzureImport
import ContentKeys
import Foundation
import Glibc

/// Reads the files of an import, in bounds and with their secrets zeroed afterwards.
public enum ExportFiles {
    /// Of one file, in bytes; a larger one is not read at all.
    private static let longest = 4 << 20
    /// Folders within each other.
    private static let deepest = 8

    /// The files as they are named, and of folders every file in them and in their folders, in order of name; names that
    /// start with a dot are left aside. Never throws: what cannot be read is said in the result.
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
            let mayBeExport =
                switch error.cause {
                case .unreadable, .notText: true
                case .notAFile: false
                case .tooLarge: startsAsExport(file)
                }
            return ExportSource(name: file, problem: error.reason, mayBeExport: mayBeExport)
        }
    }

    private static func startsAsExport(_ file: String) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: file) else { return true }
        defer { try? handle.close() }
        guard let start = try? handle.read(upToCount: 256) else { return true }
        return AzureImport.mayStartExport(start)
    }

    private static func files(at path: String, depth: Int = 0, _ sources: inout [ExportSource]) -> [String] {
        // Of folders within folders, links are not followed: they may lead round.
        let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue,
            depth == 0 || type == .typeDirectory
        else { return [path] }
        guard depth <= deepest, let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            let problem = depth <= deepest ? "cannot be opened" : "lies deeper than \(deepest) folders"
            sources.append(ExportSource(name: path, problem: problem))
            return []
        }
        let shown = names.filter { !$0.hasPrefix(".") }.sorted()
        if shown.isEmpty, depth == 0 { sources.append(ExportSource(name: path, problem: "has no files")) }
        var found: [String] = []
        for name in shown where found.count <= AzureImport.mostFiles {
            found += files(at: path.hasSuffix("/") ? path + name : path + "/" + name, depth: depth + 1, &sources)
        }
        return found
    }

    private static func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
    }
}
