import ArgumentParser
import RoostModel

/// A length of time as people type it: `60s`, `1h30m`, `250ms`, `2d`; a bare number is seconds.
package struct TimeSpan: Equatable, Sendable, ExpressibleByArgument {
    package let duration: Duration

    package init(_ duration: Duration) { self.duration = duration }

    package init?(argument: String) {
        let units: [Substring: Duration] = [
            "ms": .milliseconds(1), "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600), "d": .seconds(86_400),
        ]
        var rest = argument[...]
        var total = Duration.zero
        var previous: Duration?
        repeat {
            let digits = rest.prefix { "0123456789.".contains($0) }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix(while: \.isLetter)
            rest = rest.dropFirst(name.count)
            let unit = name.isEmpty && rest.isEmpty && previous == nil ? Duration.seconds(1) : units[name]
            // Units must fall from large to small, each at most once: `30m1h` is more likely a typing error. The
            // number is bounded before the multiplication, which could overflow.
            guard let number = Double(digits), number <= 1e13, let unit, previous.map({ unit < $0 }) ?? true else {
                return nil
            }
            previous = unit
            total += unit * number
            // Limit of a hundred years: longer times are not meant, and sums could overflow.
            guard total <= .seconds(3_155_760_000) else { return nil }
        } while !rest.isEmpty
        duration = total
    }

    package var defaultValueDescription: String { duration.rounded }
}
