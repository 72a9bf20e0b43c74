import Foundation

/// Ids that sort by creation time.
package enum TimedID {
    /// `20261121-064406-3f9a`
    package static func make(_ now: Date = Date()) -> String {
        let stamp = Timestamp.format(now).prefix(19)
            .replacing("-", with: "").replacing(":", with: "").replacing("T", with: "-")
        return "\(stamp)-\(chance(4))"
    }

    /// `20261121-064406120`: to the millisecond, and without chance.
    package static func exact(_ date: Date) -> String {
        Timestamp.format(date).filter { $0.isNumber || $0 == "T" }.replacing("T", with: "-")
    }

    /// A random text of so many hexadecimal digits.
    package static func chance(_ digits: Int) -> String {
        String((0..<digits).compactMap { _ in "0123456789abcdef".randomElement() })
    }
}
