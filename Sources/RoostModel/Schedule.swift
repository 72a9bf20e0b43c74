import Foundation

/// A schedule as in cron: minute, hour, day of the month, month, day of the week; `0 3 * * *`. Pure.
///
/// Each field is `*`, a number, `a-b`, a list with commas, or any of these with `/step`. Days of the week are 0 to 7,
/// where 0 and 7 are Sunday. If both days are given, either matches, as in cron (crontab(5)).
package struct Schedule: Equatable, Sendable {
    package let text: String
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let days: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>
    private let anyDay: Bool
    private let anyWeekday: Bool

    /// Nil if the text is not a schedule.
    package init?(_ text: String) {
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count == 5, let minutes = Self.field(fields[0], 0...59), let hours = Self.field(fields[1], 0...23),
            let days = Self.field(fields[2], 1...31), let months = Self.field(fields[3], 1...12),
            let weekdays = Self.field(fields[4], 0...7)
        else { return nil }
        self.text = fields.joined(separator: " ")
        self.minutes = minutes
        self.hours = hours
        self.days = days
        self.months = months
        self.weekdays = Set(weekdays.map { $0 % 7 })
        anyDay = fields[2].hasPrefix("*")
        anyWeekday = fields[4].hasPrefix("*")
    }

    /// Whether the schedule includes the minute of this moment.
    package func includes(_ moment: Date, in calendar: Calendar) -> Bool {
        let parts = calendar.dateComponents([.minute, .hour, .day, .month, .weekday], from: moment)
        guard let minute = parts.minute, let hour = parts.hour, let day = parts.day, let month = parts.month,
            let weekday = parts.weekday
        else { return false }
        guard minutes.contains(minute), hours.contains(hour), months.contains(month) else { return false }
        let (isDay, isWeekday) = (days.contains(day), weekdays.contains(weekday - 1))
        return anyDay || anyWeekday ? isDay && isWeekday : isDay || isWeekday
    }

    private static func field(_ text: Substring, _ range: ClosedRange<Int>) -> Set<Int>? {
        var values: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", omittingEmptySubsequences: false)
            guard halves.count <= 2, let bounds = bounds(halves[0], range) else { return nil }
            let step = halves.count == 2 ? number(halves[1]) : 1
            guard let step, step > 0 else { return nil }
            // `5/15` means from 5 on.
            let last = halves.count == 2 && bounds.count == 1 ? range.upperBound : bounds.upperBound
            values.formUnion(stride(from: bounds.lowerBound, through: last, by: step))
        }
        return values.isEmpty ? nil : values
    }

    private static func bounds(_ text: Substring, _ range: ClosedRange<Int>) -> ClosedRange<Int>? {
        if text == "*" { return range }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(number)
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
            range.contains(first), range.contains(last)
        else { return nil }
        return first...last
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }
}
