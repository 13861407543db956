/// An element of an XML document, built as a value and written with everything escaped.
public struct XMLElement: Sendable {
    let name: StaticString
    private var attributes: [(String, String)] = []
    private var children: [XMLElement] = []
    private var text: String?

    public init(_ name: StaticString) {
        self.name = name
    }

    public init(_ name: StaticString, text: String) {
        self.name = name
        self.text = text
    }

    /// Nil leaves the attribute out.
    public mutating func set(_ name: StaticString, _ value: String?) {
        if let value { attributes.append(("\(name)", value)) }
    }

    public mutating func set(_ name: StaticString, _ value: some BinaryInteger) {
        set(name, "\(value)")
    }

    public mutating func append(_ child: XMLElement?) {
        if let child { children.append(child) }
    }

    public mutating func append(_ more: [XMLElement]) {
        children += more
    }

    /// The document with its declaration.
    public var document: String {
        var output = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        write(to: &output, indentation: 0)
        return output
    }

    private func write(to output: inout String, indentation: Int) {
        let margin = String(repeating: "  ", count: indentation)
        output += margin + "<\(name)"
        for (name, value) in attributes { output += " \(name)=\"\(value.escapedForXML)\"" }
        if let text {
            output += ">\(text.escapedForXML)</\(name)>\n"
        } else if children.isEmpty {
            output += "/>\n"
        } else {
            output += ">\n"
            for child in children { child.write(to: &output, indentation: indentation + 1) }
            output += margin + "</\(name)>\n"
        }
    }
}

extension String {
    /// For attributes and text. Characters that XML 1.0 does not have at all (2.2) become U+FFFD, line breaks spaces.
    public var escapedForXML: String {
        var output = ""
        output.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "'": output += "&apos;"
            case "\t", "\n", "\r": output += " "
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: output += "\u{FFFD}"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}
