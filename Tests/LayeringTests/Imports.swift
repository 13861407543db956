/// One module that a source file names in an `import` or in `canImport`.
struct ImportStatement: Hashable {
    var module: String
    /// Counts from 1.
    var line: Int
    var isTestable: Bool
}

extension SourceText {
    /// Every `import` in all its forms (attributes, access level, a kind of declaration, several in a line), and every
    /// `canImport`, also in branches that this machine does not compile.
    var imports: [ImportStatement] {
        lines.enumerated().flatMap { position, line -> [ImportStatement] in
            guard line.contains("mport") else { return [] }
            let statements = line.split(separator: ";").compactMap { Self.statement(in: $0, line: position + 1) }
            let conditions = line.matches(of: /canImport\(\s*`?([A-Za-z_]\w*)/).map {
                ImportStatement(module: String($0.output.1), line: position + 1, isTestable: false)
            }
            return statements + conditions
        }
    }

    private static func statement(in text: Substring, line: Int) -> ImportStatement? {
        let form =
            #/
            ^\s* (?: @\w+ (?: \([^)]*\) )? \s* )*
            (?: (?: public | package | internal | fileprivate | private ) \s+ )?
            import \s+
            (?: (?: typealias | struct | class | actor | enum | protocol | let | var | func ) \s+ )?
            `? ([A-Za-z_]\w*)
            /#
        guard let match = text.firstMatch(of: form) else { return nil }
        return ImportStatement(module: String(match.output.1), line: line, isTestable: text.contains("@testable"))
    }
}
