import Foundation
import Testing

@testable import RoostModel

@Suite struct ScheduleTests {
    private var calendar: Calendar {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC") ?? .current
        return calendar
    }

    /// 2026-11-28 was a Saturday.
    private func moment(_ text: String) throws -> Date { try #require(ISO8601DateFormatter().date(from: text)) }

    @Test(arguments: [
        ("0 3 * * *", "2026-11-28T03:00:30Z", true), ("0 3 * * *", "2026-11-28T03:01:00Z", false),
        ("*/15 * * * *", "2026-11-28T10:45:00Z", true), ("*/15 * * * *", "2026-11-28T10:46:00Z", false),
        ("5/20 * * * *", "2026-11-28T10:45:00Z", true), ("0 1-3 * * *", "2026-11-28T02:00:00Z", true),
        ("0 1,5 * * *", "2026-11-28T02:00:00Z", false), ("0 0 * * 6", "2026-11-28T00:00:00Z", true),
        ("0 0 * * 0", "2026-11-29T00:00:00Z", true), ("0 0 * * 7", "2026-11-29T00:00:00Z", true),
        ("0 0 * * 1-5", "2026-11-28T00:00:00Z", false), ("0 0 1 * 6", "2026-11-28T00:00:00Z", true),
        ("0 0 1 * 6", "2026-12-01T00:00:00Z", true), ("0 0 1 12 *", "2026-11-01T00:00:00Z", false),
    ])
    func includesAMoment(text: String, at: String, expected: Bool) throws {
        let schedule = try #require(Schedule(text))
        #expect(schedule.includes(try moment(at), in: calendar) == expected)
    }

    @Test(arguments: [
        "", "0 3 * *", "0 3 * * * *", "60 3 * * *", "0 24 * * *", "0 3 0 * *", "0 3 * 13 *", "0 3 * * 8", "a 3 * * *",
        "0 5-3 * * *", "0/0 * * * *", "1,, * * * *", "-1 * * * *", "+1 * * * *",
    ])
    func refusesWhatIsNone(text: String) { #expect(Schedule(text) == nil) }

    @Test func namesThatNobodyCanTypeAreReadBackAlone() throws {
        #expect(throws: InvalidName.self) { try ApplicationName("_clones") }
        #expect(ApplicationName(rawValue: "_clones") == nil)
        #expect(ApplicationName(stored: "_clones") == .clones)
        let data = try JSON.encode(["name": ApplicationName.clones])
        #expect(try JSON.decode([String: ApplicationName].self, from: data) == ["name": .clones])
        #expect(Access(scope: "app:_clones") == nil)
    }
}
