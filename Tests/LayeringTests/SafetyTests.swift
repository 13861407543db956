import Testing

/// Constructs that trap or hide, and sizes.
@Suite struct SafetyTests {
    let tree: SourceTree

    init() throws {
        tree = try SourceTree.shared.get()
    }

    @Test func nothingTraps() {
        let wrong = tree.files.flatMap { file in trapping(in: file.code).map { "\(file.path):\($0)" } }
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }

    @Test func everyUncheckedPromiseSaysWhy() {
        let wrong = tree.files.flatMap { file in unexplained(in: file.code, file.rawLines).map { "\(file.path):\($0)" }
        }
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }

    @Test func filesStaySmall() {
        let wrong = tree.files.filter { $0.rawLines.count > 601 }.map { "\($0.path): \($0.rawLines.count) lines" }
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }

    @Test func functionsStaySmall() {
        let wrong = tree.files.flatMap { file in
            file.code.functions.filter { $0.lineCount > 80 }.map {
                "\(file.path):\($0.line): \($0.name) has \($0.lineCount) lines"
            }
        }
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }
}

/// Lines with a construct that ends the process when it is wrong: `try!`, `as!`, a forced or implicitly unwrapped
/// optional, `fatalError`, `preconditionFailure`, and the cast that can forge a proof.
func trapping(in code: SourceText) -> [String] {
    let forced = /[\w)\]}>"`]!(?!=)/
    let named = /\b(fatalError|preconditionFailure|unsafeBitCast)\s*\(/
    return code.lines.enumerated().compactMap { position, line in
        guard line.contains(forced) || line.contains(named) else { return nil }
        return "\(position + 1): \(line.trimmingPrefix { $0 == " " })"
    }
}

/// Promises that the compiler cannot check and that no comment within the 8 lines above (or on the line) explains.
func unexplained(in code: SourceText, _ rawLines: [Substring]) -> [String] {
    code.lines.enumerated().compactMap { position, line in
        guard line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") else { return nil }
        let above = rawLines[max(position - 8, 0)...min(position, rawLines.count - 1)]
        return above.contains { $0.contains("//") } ? nil : "\(position + 1): no reason given"
    }
}

/// A function or initialiser with a body.
struct FunctionExtent {
    var name: String
    /// Counts from 1.
    var line: Int
    /// From `func` to the closing brace.
    var lineCount: Int
}

extension SourceText {
    /// Found by words and braces: a heuristic that needs no parser.
    var functions: [FunctionExtent] {
        let lines = lines
        return lines.enumerated().compactMap { position, line -> FunctionExtent? in
            guard line.contains("func ") || line.contains("init"),
                let match = line.firstMatch(of: /^\s*(?:[@\w()]+\s+)*?(func\s+[^\s(<]+|init[?(<])/)
            else { return nil }
            guard let count = Self.extent(lines[position...]) else { return nil }
            return FunctionExtent(name: String(match.output.1), line: position + 1, lineCount: count)
        }
    }

    /// Lines to the brace that closes the first one opened outside parentheses; nil for a requirement without a body.
    private static func extent(_ lines: ArraySlice<String>) -> Int? {
        var parentheses = 0
        var braces = 0
        for (count, line) in lines.enumerated() {
            for byte in line.utf8 {
                switch byte {
                case 0x28: parentheses += 1
                case 0x29: parentheses -= 1
                case 0x7B: braces += 1
                case 0x7D:
                    braces -= 1
                    if braces <= 0, parentheses <= 0 { return braces == 0 ? count + 1 : nil }
                default: break
                }
            }
            let next = lines.dropFirst(count + 1).first ?? ""
            let goesOn = next.contains(/^\s*(\{|->|where\b|throws\b|async\b|rethrows\b|\))/)
            if braces == 0, parentheses <= 0, !goesOn { return nil }
        }
        return nil
    }
}
