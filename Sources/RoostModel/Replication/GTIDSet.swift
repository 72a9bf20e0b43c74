/// A MySQL GTID set: intervals of transaction numbers by their source. Text form: `UUID:1-5:7,UUID:tag:1-3`.
package struct GTIDSet: Codable, Equatable, Sendable, CustomStringConvertible {
    /// Intervals by source, sorted, disjoint and not adjacent. The source is the UUID in lower case, with `:tag` if
    /// there is one.
    package private(set) var intervals: [String: [Interval]]

    package struct Interval: Codable, Equatable, Sendable {
        package let first: Int64
        package let last: Int64

        package init(_ first: Int64, _ last: Int64) {
            self.first = first
            self.last = last
        }
    }

    package init() { intervals = [:] }

    /// Reads the server's text. Nil if it has another form. An empty text is an empty set.
    package init?(_ text: String) {
        intervals = [:]
        for part in text.filter({ !$0.isWhitespace }).split(separator: ",") {
            let fields = part.lowercased().split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard fields.count > 1, fields[0].utf8.count == 36 else { return nil }
            var source = fields[0]
            for field in fields.dropFirst() {
                if let interval = Self.interval(field) {
                    insert(interval, of: source)
                } else if let first = field.first, first.isLetter || first == "_" {
                    source = "\(fields[0]):\(field)"
                } else {
                    return nil
                }
            }
        }
    }

    private static func interval(_ text: String) -> Interval? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = ends.first.flatMap({ Int64($0) }), first > 0 else { return nil }
        guard ends.count == 2 else { return ends.count == 1 ? Interval(first, first) : nil }
        guard let last = Int64(ends[1]), last >= first else { return nil }
        return Interval(first, last)
    }

    private mutating func insert(_ interval: Interval, of source: String) {
        var merged: [Interval] = []
        var new = interval
        for known in intervals[source] ?? [] {
            // No overflow: a first number is at least 1.
            if known.last < new.first - 1 || new.last < known.first - 1 {
                merged.append(known)
            } else {
                new = Interval(min(new.first, known.first), max(new.last, known.last))
            }
        }
        intervals[source] = (merged + [new]).sorted { $0.first < $1.first }
    }

    package var description: String {
        intervals.sorted { $0.key < $1.key }.map { source, intervals in
            "\(source):"
                + intervals.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }
                .joined(separator: ":")
        }.joined(separator: ",")
    }

    package var isEmpty: Bool { intervals.isEmpty }

    /// Number of transactions in the set.
    package var count: Int64 { intervals.values.joined().reduce(0) { $0 + $1.last - $1.first + 1 } }

    package func union(_ other: GTIDSet) -> GTIDSet {
        var union = self
        for (source, intervals) in other.intervals {
            for interval in intervals { union.insert(interval, of: source) }
        }
        return union
    }

    /// The transactions that the other set lacks.
    package func subtracting(_ other: GTIDSet) -> GTIDSet {
        var left = GTIDSet()
        for (source, intervals) in intervals {
            for interval in intervals {
                var first = interval.first
                for taken in other.intervals[source] ?? [] where taken.last >= first && taken.first <= interval.last {
                    if taken.first > first { left.insert(Interval(first, taken.first - 1), of: source) }
                    first = taken.last + 1
                }
                if first <= interval.last { left.insert(Interval(first, interval.last), of: source) }
            }
        }
        return left
    }

    package func standing(against other: GTIDSet) -> Standing {
        Standing(isWithin: subtracting(other).isEmpty, contains: other.subtracting(self).isEmpty)
    }
}
