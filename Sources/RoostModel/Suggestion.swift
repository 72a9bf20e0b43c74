/// Finds what somebody most likely meant to type.
package enum Suggestion {
    /// ` (did you mean 'memory'?)`, or nothing where no candidate is near.
    package static func text(for typed: String, among candidates: some Sequence<String>) -> String {
        nearest(to: typed, among: candidates).map { " (did you mean '\($0)'?)" } ?? ""
    }

    /// The candidate with the fewest slips, at most one for every three letters.
    package static func nearest(to typed: String, among candidates: some Sequence<String>) -> String? {
        // The work grows with the product of both lengths; no name that we know is near such a long one.
        guard typed.unicodeScalars.count <= 32 else { return nil }
        let typed = typed.lowercased().replacing("-", with: "_")
        return candidates.map { (slips: slips(typed, $0), name: $0) }
            .filter { $0.slips <= max(1, $0.name.count / 3) && $0.slips < $0.name.count }
            .min { ($0.slips, $0.name) < ($1.slips, $1.name) }?.name
    }

    /// Letters left out, put in, changed, or swapped with their neighbour.
    package static func slips(_ left: String, _ right: String) -> Int {
        let left = Array(left), right = Array(right)
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            (beforeLast, last) = (last, row)
        }
        return last[right.count]
    }
}
