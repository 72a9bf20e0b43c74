import Foundation

extension Double {
    /// For people: `22.4`.
    package func rounded(toPlaces places: Int) -> String {
        // The format has one number and no text of anybody's.
        String(format: "%.\(places)f", self)
    }
}
