public import ContentKeys

/// One file of exports, read. Its bytes may hold secrets.
public struct ExportSource: Sendable {
    /// As findings name it.
    public var name: String
    /// Nil when the file could not be read.
    public var bytes: ZeroedBytes?
    /// Why it could not be read; reads on after the file's name.
    public var problem: String?
    /// Of what could not be read, whether it may hold something that restricts what could.
    public private(set) var mayBeExport = true

    public init(name: String, bytes: ZeroedBytes) {
        self.name = name.plain
        self.bytes = bytes
    }

    public init(name: String, problem: String, mayBeExport: Bool = true) {
        self.name = name.plain
        self.problem = problem
        self.mayBeExport = mayBeExport
    }

    /// The file's name without folders and extension.
    var stem: String {
        let file = name.split(separator: "/").last.map(String.init) ?? name
        guard let dot = file.lastIndex(of: "."), dot > file.startIndex else { return file }
        return String(file[..<dot])
    }
}

/// Where something stands in an export.
public struct ExportPlace: Sendable, Hashable, Codable, CustomStringConvertible {
    public var file: String
    /// The path of members from the document's root, `value[2].options[0]`; of XML, line and column. Empty for the
    /// whole document.
    public var path: String

    public init(file: String, path: String = "") {
        self.file = file
        self.path = path
    }

    public var description: String { path.isEmpty ? file : "\(file): \(path)" }

    func member(_ name: String) -> ExportPlace {
        let name = name.shown
        return ExportPlace(file: file, path: path.isEmpty ? name : "\(path).\(name)")
    }

    func item(_ index: Int) -> ExportPlace {
        ExportPlace(file: file, path: "\(path)[\(index)]")
    }

    func text(at position: some CustomStringConvertible) -> ExportPlace {
        ExportPlace(file: file, path: path.isEmpty ? "\(position)" : "\(path) (\(position))")
    }
}

extension String {
    /// A name from outside as a line of a report shows it: at most 64 characters, none that draws on a terminal.
    var shown: String {
        String(String.UnicodeScalarView(unicodeScalars.prefix(64))).plain + (unicodeScalars.count > 64 ? "…" : "")
    }

    /// The text without what draws on a terminal.
    fileprivate var plain: String {
        String(
            unicodeScalars.map { scalar -> Character in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
                    "\u{FFFD}"
                default: Character(scalar)
                }
            })
    }
}
