/// The table of Package.swift, read as text: asking SwiftPM would wait for the lock that the running tests hold.
struct Manifest {
    /// One `Row(name:siblings:products:)`.
    struct Row {
        var name: String
        /// The number in the last `// Layer N` comment above; nil for programs.
        var layer: Int?
        var siblings: [String]
        /// Products by their module's name.
        var products: [String]
    }

    /// In the table's order.
    var rows: [Row] = []
    /// The modules written in C: system libraries, and targets that are no row.
    var cModules: Set<String> = []

    init(_ text: String) {
        var products: [String: String] = [:]
        for match in text.matches(of: /static let (\w+) = product\(name: "(\w+)"/) {
            products[String(match.output.1)] = String(match.output.2)
        }
        // What lies under Tests is no module of the product.
        for match in text.matches(of: /\.(?:systemLibrary|target)\(\s*name: "(\w+)"(?!, path: "Tests)/) {
            cModules.insert(String(match.output.1))
        }
        rows = Self.rows(in: text, products: products)
    }

    /// The row of a target; nil for a C module or a name that is none.
    func row(_ name: String) -> Row? {
        rows.first { $0.name == name }
    }

    /// Every target that a target reaches, itself included.
    func closure(of name: String) -> Set<String> {
        var reached: Set<String> = [name]
        var open = [name]
        while let next = open.popLast() {
            for sibling in row(next)?.siblings ?? [] where reached.insert(sibling).inserted { open.append(sibling) }
        }
        return reached
    }

    private static func rows(in text: String, products: [String: String]) -> [Row] {
        var layer: Int?
        var rows: [Row] = []
        for match in text.matches(of: /\/\/ Layer (\d+)|let programs|(?:\n\s*)(Row\(\s*name: [^()]*\))/) {
            if let number = match.output.1 {
                layer = Int(number)
            } else if let body = match.output.2 {
                rows.append(row(String(body), layer: layer, products: products))
            } else {
                layer = nil
            }
        }
        return rows
    }

    private static func row(_ body: String, layer: Int?, products: [String: String]) -> Row {
        let name = body.firstMatch(of: /name: "([\w-]+)"/)?.output.1 ?? ""
        let siblings = body.firstMatch(of: /siblings: \[([^\]]*)\]/)?.output.1 ?? ""
        let used = body.firstMatch(of: /products: \[([^\]]*)\]/)?.output.1 ?? ""
        return Row(
            name: String(name), layer: layer,
            siblings: siblings.matches(of: /"([\w-]+)"/).map { String($0.output.1) },
            products: used.matches(of: /\.(\w+)/).map { products[String($0.output.1)] ?? String($0.output.1) })
    }
}
