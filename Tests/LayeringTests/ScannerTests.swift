import Testing

/// The checks must themselves be able to fail.
@Suite struct ScannerTests {
    @Test(arguments: [
        ("import A", "A"), ("public import A", "A"), ("@testable import A", "A"), ("import struct A.B", "A"),
        ("@preconcurrency public import class A.B", "A"), ("@_spi(X) import A", "A"), ("  internal import A // B", "A"),
        ("#if canImport(A)", "A"), ("import `A`", "A"), ("import A.B.C", "A"), ("@_exported import A", "A"),
    ])
    func findsImports(text: String, module: String) {
        #expect(SourceText(text).imports.map(\.module) == [module])
    }

    @Test(arguments: [
        "// import A", "/* import A */", "let x = \"import A\"", "\"\"\"\nimport A\n\"\"\"", "let imports = 1",
        "/* /* */ import A */", "#\"\nimport\"#",
    ])
    func findsNoImportInTextAndComments(text: String) {
        #expect(SourceText(text).imports.isEmpty)
    }

    @Test func findsSeveralImportsInALine() {
        #expect(SourceText("import A; import B").imports.map(\.module) == ["A", "B"])
    }

    @Test(arguments: [
        "x!", "try! f()", "a as! B", "f()!.g", "a[0]!", "fatalError()", "preconditionFailure(\"x\")", "var x: Int!",
        "\"\\(x!)\"", "#\"\\#(x!)\"#", "unsafeBitCast (a, to: B.self)",
    ])
    func findsTraps(text: String) {
        #expect(trapping(in: SourceText(text)).count == 1)
    }

    @Test(arguments: [
        "!x", "a != b", "if !f() {", "(!a)", "// x!", "\"Hi!\"", "[!a]", "/// Never `x!`.", "a!=b", "\"\\\"x!\"",
        "\"\\(f(\"(\"))!\"", "#if !os(Linux)", "a && !b",
    ])
    func findsNoTrapWhereThereIsNone(text: String) {
        #expect(trapping(in: SourceText(text)).isEmpty)
    }

    @Test func asksForReasons() {
        let bare = "final class A: @unchecked Sendable {}"
        #expect(unexplained(in: SourceText(bare), bare.split(separator: "\n")).count == 1)
        let explained = "// Written once.\n" + bare
        #expect(unexplained(in: SourceText(explained), explained.split(separator: "\n")).isEmpty)
        let far = "// Written once.\n" + String(repeating: "let a = 1\n", count: 9) + bare
        #expect(unexplained(in: SourceText(far), far.split(separator: "\n")).count == 1)
    }

    @Test func measuresFunctions() {
        let text = """
            protocol P { func none() }
            protocol Q {
                func none(
                    a: Int
                ) -> Int
            }
            struct S {
                init(
                    a: Int = { 1 }()
                ) {
                    if a { b() }
                }
                public static func two() -> Int {
                    1
                }
                @discardableResult
                func three()
                    -> Int
                { 2 }
            }
            """
        let functions = SourceText(text).functions
        #expect(functions.map(\.name) == ["init(", "func two", "func three"])
        #expect(functions.map(\.lineCount) == [5, 3, 3])
    }

    @Test func readsTheTable() {
        let manifest = Manifest(
            """
            struct Row { var name: String }
                static let log = product(name: "Logging", package: "swift-log")
            let libraries: [Row] = [
                // Layer 0: values
                Row(name: "A"),
                Row(name: "Up", siblings: ["B", "CX"]),
                // Layer 1: rules
                Row(
                    name: "B", siblings: [
                        "A",
                    ],
                    products: [.log]),
            ]
            let programs: [Row] = [
                Row(name: "p-q", siblings: ["B"], resources: nil),
            ]
                .systemLibrary(name: "CX", pkgConfig: "x"),
                .target(name: "CY"),
            """)
        #expect(manifest.rows.map(\.name) == ["A", "Up", "B", "p-q"])
        #expect(manifest.rows.map(\.layer) == [0, 0, 1, nil])
        #expect(manifest.row("B")?.siblings == ["A"])
        #expect(manifest.row("B")?.products == ["Logging"])
        #expect(manifest.cModules == ["CX", "CY"])
        #expect(manifest.closure(of: "p-q") == ["p-q", "B", "A"])
        #expect(upwardArrows(in: manifest) == ["Package.swift: 'Up' points up to 'B'"])
    }
}
