import Foundation

extension Double {
    /// For people: `22.4`.
    package func rounded(toPlaces places: Int) -> String {
        // The format takes one number and no foreign text.
        String(format: "%.\(places)f", self)
    }
}
