import Foundation
import RoostModel

extension Double {
    /// Formats with `places` decimal places and a decimal point in every locale.
    func formatted(places: Int) -> String { String(format: "%.\(places)f", self) }
}

extension ByteCount {
    /// Human-readable, in the build file's units: `512M`, `1.4G`.
    package var rounded: String {
        let units: [(shift: Int64, name: String)] = [(40, "T"), (30, "G"), (20, "M"), (10, "K")]
        guard let unit = units.first(where: { bytes >= 1 << $0.shift }) else { return "\(bytes)B" }
        let value = Double(bytes) / Double(Int64(1) << unit.shift)
        return value.formatted(places: value < 10 && value != value.rounded() ? 1 : 0) + unit.name
    }
}

extension Date {
    /// Relative time for tables: `3m ago`, `in 22h`, `5d ago`. Full times are in JSON and in `info`.
    func relative(to now: Date) -> String {
        let seconds = Int(timeIntervalSince(now).rounded())
        let span =
            switch abs(seconds) {
            case ..<60: "\(abs(seconds))s"
            case ..<3600: "\(abs(seconds) / 60)m"
            case ..<(48 * 3600): "\(abs(seconds) / 3600)h"
            case ..<(400 * 86_400): "\(abs(seconds) / 86_400)d"
            default: "\(abs(seconds) / 31_557_600)y"
            }
        return seconds > 0 ? "in \(span)" : "\(span) ago"
    }
}
