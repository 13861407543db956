/// The name that a wrong one is most likely meant to be.
public enum NearestName {
    /// The candidate with the fewest edits (insert, remove, replace, swap neighbours; letter case aside); the first of
    /// several. Nil when there is no candidate.
    public static func of(_ name: String, among candidates: [String]) -> String? {
        // Names are short; a long text is compared by its beginning only.
        let wrong = Array(name.lowercased().unicodeScalars.prefix(64))
        return candidates.min { distance(wrong, $0) < distance(wrong, $1) }
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
