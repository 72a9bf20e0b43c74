import Foundation
import RoostModel

extension Double {
    /// With so many decimal places, and a point in every locale.
    func formatted(places: Int) -> String { String(format: "%.\(places)f", self) }
}

extension ByteCount {
    /// For people, in the build file's units: `512M`, `1.4G`.
    package var rounded: String {
        let units: [(shift: Int64, name: String)] = [(40, "T"), (30, "G"), (20, "M"), (10, "K")]
        guard let unit = units.first(where: { bytes >= 1 << $0.shift }) else { return "\(bytes)B" }
        let value = Double(bytes) / Double(Int64(1) << unit.shift)
        return value.formatted(places: value < 10 && value != value.rounded() ? 1 : 0) + unit.name
    }
}

extension Duration {
    /// For people: `85 ms`, `1.2 s`, `2 min 5 s`, `1 h 2 min`.
    package var rounded: String {
        let milliseconds = Int64(self / .milliseconds(1))
        let seconds = milliseconds / 1000
        return switch milliseconds {
        case ..<1000: "\(milliseconds) ms"
        case ..<60_000: (self / .seconds(1)).formatted(places: 1) + " s"
        case ..<3_600_000: "\(seconds / 60) min \(seconds % 60) s"
        default: "\(seconds / 3600) h \(seconds / 60 % 60) min"
        }
    }
}
