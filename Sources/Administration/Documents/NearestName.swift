/// The name that a wrong one is most likely meant to be.
public enum NearestName {
    /// The candidate with the fewest edits (insert, remove, replace, swap neighbours; letter case aside); the first of
    /// several. Nil when none is near: more than a third of it would have to be edited.
    public static func of(_ name: String, among candidates: [String]) -> String? {
        // Names are short; a long text is compared by its beginning only.
        let wrong = Array(name.lowercased().unicodeScalars.prefix(64))
        let edits = candidates.map { ($0, distance(wrong, $0)) }
        guard let nearest = edits.min(by: { $0.1 < $1.1 }) else { return nil }
        return nearest.1 <= max(1, max(wrong.count, nearest.0.unicodeScalars.count) / 3) ? nearest.0 : nil
    }

    /// What is said after a name that is not known: the nearest one, or else all that there are.
    public static func advice(_ name: String, among candidates: [String]) -> String {
        if let nearest = of(name, among: candidates) { return ": the nearest known one is '\(nearest)'" }
        guard !candidates.isEmpty else { return "" }
        if candidates.count == 1 { return ": the only known one is '\(candidates[0])'" }
        return ": known are \(candidates.joined(separator: ", "))"
    }

    /// Optimal string alignment distance.
    private static func distance(_ left: [Unicode.Scalar], _ name: String) -> Int {
        let right = Array(name.lowercased().unicodeScalars)
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, scalar) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(last[column] + (scalar == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, scalar == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
