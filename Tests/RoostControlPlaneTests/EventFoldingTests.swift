import Foundation
import RoostModel
import Testing

@testable import RoostControlPlane

/// Problems that repeat are one event with a count.
@Suite struct EventFoldingTests {
    private func event(
        _ id: Int64, _ kind: String, _ message: String, instance: String? = "data.0", at seconds: Double = 0
    ) -> EventInfo {
        EventInfo(
            id: id, time: Date(timeIntervalSince1970: 1_700_000_000 + seconds), application: "ramen", service: "data",
            instance: instance, kind: kind, message: message)
    }

    /// The log that a sequence of events leaves.
    private func log(_ events: [EventInfo]) -> [EventInfo] {
        events.reduce(into: []) { log, event in
            if let place = EventFolding.place(of: event, in: log) {
                log[place] = EventFolding.folded(event, into: log[place])
            } else {
                log.append(event)
            }
        }
    }

    @Test func whatAlternatesIsTwoEventsHoweverOftenItIsTried() {
        var tries: [EventInfo] = []
        for round in 0..<100 {
            let (id, time) = (Int64(2 * round), Double(round))
            let words = "data.0: the disk of /x has \(round + 1).5M of 700.0M left; tried again in \(round) s"
            tries.append(event(id, "instance_exited", "data.0 ended: exited with status 1", at: time))
            tries.append(event(id + 1, "instance_problem", words, at: time))
        }
        let log = log(tries)
        #expect(log.map(\.count) == [100, 100])
        #expect(log.map(\.id) == [0, 1], "the first's place")
        #expect(log[1].message.contains("100.5M"), "the last's figures")
        #expect(log[1].lastTime.timeIntervalSince(log[1].time) == 99)
        #expect(log[1].text.contains("(100 times, last at 22:14:59)"), "\(log[1].text)")
    }

    @Test func whatHappensBetweenMakesItANewOne() {
        let log = log([
            event(1, "instance_problem", "data.0: a"), event(2, "instance_up", "data.0 is up"),
            event(3, "instance_problem", "data.0: a"),
        ])
        #expect(log.map(\.count) == [1, 1, 1])
    }

    @Test func othersWordsOthersInstancesAndOtherKindsAreOthers() {
        let log = log([
            event(1, "instance_problem", "data.0: a"), event(2, "instance_problem", "data.0: b"),
            event(3, "instance_problem", "data.0: a", instance: "data.1"), event(4, "instance_exited", "data.0: a"),
            event(5, "snapshot_taken", "one", instance: nil), event(6, "snapshot_taken", "one", instance: nil),
            // Names with digits are no figures.
            event(7, "clone_failed", "clone ci-1 of shop could not be made", instance: nil),
            event(8, "clone_failed", "clone ci-2 of shop could not be made", instance: nil),
        ])
        #expect(log.count == 8)
    }

    /// Repeated repairs push no other event out of the log, and the event tells the whole time.
    @Test func repairsAreOneEventWhoseIntervalIsTheWholeTime() throws {
        func mended(_ begin: String, _ end: String, _ words: String = "mended: Roost's own account changed") -> String {
            "data.0: \(words); the durability of acknowledged writes is not guaranteed from \(begin) to \(end)"
        }
        let times = (0..<50).map { String(format: "2026-11-21T06:%02d:06.120Z", $0) }
        let log = log((0..<49).map { event(Int64($0), "accounts_mended", mended(times[$0], times[$0 + 1])) })
        #expect(log.count == 1 && log[0].count == 49)
        #expect(log[0].message == mended(times[0], times[49]), "\(log[0].message)")
        // An interval without a known beginning is folded like any other; the folded event keeps that beginning.
        let unknown = self.log([
            event(1, "accounts_mended", mended("a time before roostd started", times[1])),
            event(2, "accounts_mended", mended(times[1], times[2])),
        ])
        #expect(unknown.map(\.message) == [mended("a time before roostd started", times[2])])
        let others = self.log([
            event(1, "accounts_mended", mended(times[0], times[1])),
            event(
                2, "accounts_mended",
                mended(times[1], times[2], "mended: the account 'eve'@'%' has administrative rights")),
            event(3, "accounts_mended", "data.0: repaired: Roost's own account changed"),
        ])
        #expect(others.count == 3)
    }

    @Test(arguments: ["user_shared", "home_away"]) func whatEachStartTellsIsOne(_ kind: String) {
        let log = log((0..<5).map { event(Int64($0), kind, "roost01 is another home's too", instance: nil) })
        #expect(log.map(\.count) == [5])
    }

    @Test func aDayLaterItIsNews() {
        let log = log([
            event(1, "instance_problem", "data.0: a"), event(2, "instance_problem", "data.0: a", at: 90_000),
        ])
        #expect(log.count == 2)
    }

    @Test func anEventOfAnOlderDaemonHappenedOnce() throws {
        let text =
            #"{"id":1,"time":"2026-11-21T06:44:06.120Z","application":null,"service":null,"instance":null,"kind":"k","message":"m"}"#
        let event = try JSON.decode(EventInfo.self, from: Data(text.utf8))
        #expect(event.count == 1 && event.lastTime == event.time && event.text == "m")
    }

    @Test func aProblemWithinAnotherIsItsSentence() {
        #expect("\(Problem(.diskFull, "the disk is full", next: ["x"]))" == "the disk is full")
    }
}
