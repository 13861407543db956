extension Box {
    /// The box, its fields and its children as indented text, one field a line, for people and for golden files.
    public func dump(indentation: Int = 0) -> String {
        let margin = String(repeating: "  ", count: indentation)
        let head = "\(margin)[\(type)] size=\(size)\n"
        let own = fields.map { "\(margin)  - \($0.name): \($0.value)\n" }.joined()
        return head + own + children.map { $0.dump(indentation: indentation + 1) }.joined()
    }
}
