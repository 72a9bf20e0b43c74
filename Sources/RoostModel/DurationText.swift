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
