import Foundation
import Policies

/// What differs between two values, by the paths of their JSON forms.
enum ValueDifference {
    /// One line a path, in order: `restrictions[0].ip.allow[1]: 10.0.0.0/8 → 10.0.0.0/16`. Lists of texts are compared
    /// as sets: what is left when they differ in order only is one line that says so.
    static func lines(from old: some Encodable, to new: some Encodable) throws -> [String] {
        let (before, after) = (try leaves(of: old), try leaves(of: new))
        let lines = Set(before.keys).union(after.keys).sorted().compactMap { path -> String? in
            let (left, right) = (before[path], after[path])
            guard left == right else { return "\(path): \(shown(left)) → \(shown(right))" }
            // What looks the same and is another text for everybody who compares bytes.
            return left.isExactly(right) ? nil : "\(path): \(shown(left)) in another normal form of Unicode"
        }
        return lines.isEmpty ? ["the order of a list"] : lines
    }

    private static func shown(_ text: String?) -> String {
        guard let text else { return "nothing" }
        if text.hasPrefix("-----BEGIN PUBLIC KEY-----") { return "a PEM key" }
        return text.count > 60 ? text.prefix(60) + "…" : text
    }

    private static func leaves(of value: some Encodable) throws -> [String: String] {
        var leaves: [String: String] = [:]
        collect(try JSONSerialization.jsonObject(with: JSONEncoder().encode(value)), "", &leaves)
        return leaves
    }

    private static func collect(_ value: Any, _ path: String, _ leaves: inout [String: String]) {
        switch value {
        case let fields as [String: Any]:
            for (field, value) in fields { collect(value, path.isEmpty ? field : path + "." + field, &leaves) }
            if fields.isEmpty { leaves[path] = "{}" }
        case let items as [Any]:
            let texts = items.compactMap { $0 as? String }
            let items = texts.count == items.count ? texts.sorted() : items
            for (index, value) in items.enumerated() { collect(value, "\(path)[\(index)]", &leaves) }
            if items.isEmpty { leaves[path] = "[]" }
        default:
            leaves[path] = "\(value)"
        }
    }
}
