import Foundation

extension Duration {
    /// For people: `85 ms`, `1.2 s`, `2 min 5 s`, `1 h 2 min`.
    package var rounded: String {
        let milliseconds = Int64(self / .milliseconds(1))
        let seconds = milliseconds / 1000
        let tenths = milliseconds / 100
        return switch milliseconds {
        case ..<1000: "\(milliseconds) ms"
        case ..<60_000: tenths % 10 == 0 ? "\(seconds) s" : "\(seconds).\(tenths % 10) s"
        case ..<3_600_000: seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s"
        default: seconds / 60 % 60 == 0 ? "\(seconds / 3600) h" : "\(seconds / 3600) h \(seconds / 60 % 60) min"
        }
    }
}

extension DefaultStringInterpolation {
    /// `"\(duration)"` is rounded for people. Swift's own text of a duration has up to 18 decimal places.
    package mutating func appendInterpolation(_ duration: Duration) { appendLiteral(duration.rounded) }
}

/// Times as users write them in build files: `90s`, `30m`, `1h`, `2d`.
package enum TimeText {
    private static let units: [(letter: Character, seconds: Int)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]

    /// Reads `90s`, `30m`, `1h` or `2d`. Nil for another text.
    package static func seconds(_ text: String) -> Int? {
        guard let unit = units.first(where: { $0.letter == text.last }),
            text.dropLast().utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let count = Int(text.dropLast())
        else { return nil }
        let (seconds, isTooLarge) = count.multipliedReportingOverflow(by: unit.seconds)
        return isTooLarge ? nil : seconds
    }

    /// Seconds in the largest unit that divides them: `1h`.
    package static func text(_ seconds: Int) -> String {
        let unit = units.first { seconds.isMultiple(of: $0.seconds) } ?? ("s", 1)
        return "\(seconds / unit.seconds)\(unit.letter)"
    }
}
