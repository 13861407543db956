import Foundation
import MediaStorage
import Testing

/// Held against what `dirname` and `basename` of POSIX say.
@Suite struct PathTextTests {
    @Test(arguments: [
        ("x", ".", "x"), ("xy", ".", "xy"), ("x/", ".", "x"), ("/x", "/", "x"), ("//x//", "/", "x"), ("a/b", "a", "b"),
        ("a//b", "a", "b"), ("/a/b/", "/a", "b"), ("./x", ".", "x"), ("../x", "..", "x"), (".", ".", "."),
        ("é/日", "é", "日"),
    ])
    func aPathHasAFolderAndAName(path: String, folder: String, name: String) throws {
        #expect(PathText.folder(of: path) == folder)
        #expect(PathText.name(of: path) == name)
        for (program, answer) in [("dirname", folder), ("basename", name)] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/\(program)")
            process.arguments = [path]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let said = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            #expect(String(decoding: said, as: UTF8.self) == answer + "\n")
        }
    }

    @Test func whatNamesNothingHasNoName() {
        #expect(PathText.folder(of: "/") == "/" && PathText.name(of: "/").isEmpty)
        #expect(PathText.folder(of: "") == "." && PathText.name(of: "").isEmpty)
    }
}
