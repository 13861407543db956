import Testing

/// Holds every `import` of the product against the manifest's table.
@Suite struct ArrowTests {
    let tree: SourceTree

    init() throws {
        tree = try SourceTree.shared.get()
    }

    /// Modules of the toolchain: no arrow of the architecture.
    static let toolchain: Set<String> = [
        "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl", "Swift", "Synchronization",
    ]

    @Test func everyFolderHasARowAndEveryRowAFolder() throws {
        let declared = Set(tree.manifest.rows.map(\.name)).union(tree.manifest.cModules)
        #expect(Set(try tree.targetFolders()) == declared)
    }

    @Test func everyImportIsAnArrowOfTheManifest() {
        let wrong = tree.files.flatMap { file in
            file.code.imports.filter { !allowed(in: file.target).contains($0.module) }.map {
                "\(file.path):\($0.line): '\(file.target)' has no arrow to '\($0.module)' in Package.swift"
            }
        }
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }

    @Test func everyArrowIsUsed() {
        let unused = tree.manifest.rows.flatMap { row in
            (row.siblings + row.products).filter { !importedModules(of: row.name).contains($0) }.map {
                "Package.swift: '\(row.name)' declares '\($0)' and never imports it"
            }
        }
        #expect(unused.isEmpty, "\(unused.joined(separator: "\n"))")
    }

    @Test func arrowsPointToEarlierRows() {
        let wrong = upwardArrows(in: tree.manifest)
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
    }

    @Test func aCModuleIsWrappedByOneTarget() {
        for module in tree.manifest.cModules {
            let wrappers = Set(tree.files.filter { $0.code.imports.contains { $0.module == module } }.map(\.target))
            #expect(wrappers.count <= 1, "'\(module)' is imported by \(wrappers.sorted().joined(separator: " and "))")
        }
    }

    private func allowed(in target: String) -> Set<String> {
        let row = tree.manifest.row(target)
        return Self.toolchain.union(row?.siblings ?? []).union(row?.products ?? [])
    }

    private func importedModules(of target: String) -> Set<String> {
        Set(tree.files.filter { $0.target == target }.flatMap { $0.code.imports.map(\.module) })
    }
}

/// Arrows to a row that does not stand above the row that declares them, and to a higher layer.
func upwardArrows(in manifest: Manifest) -> [String] {
    manifest.rows.enumerated().flatMap { position, row in
        row.siblings.filter { sibling in
            guard !manifest.cModules.contains(sibling) else { return false }
            guard let below = manifest.rows.prefix(position).first(where: { $0.name == sibling }) else { return true }
            return (below.layer ?? .max) > (row.layer ?? .max)
        }
        .map { "Package.swift: '\(row.name)' points up to '\($0)'" }
    }
}
