import Foundation
import RoostModel

/// Which problems are one event that happened again. Pure.
///
/// A step that fails is tried again for as long as it is wanted; without this a night of a full disk would be thousands of
/// lines, and what happened before them would be pushed out.
enum EventFolding {
    /// What is told each time somebody looks again, as opposed to what happened.
    private static let kinds: Set = ["instance_problem", "instance_exited", "clone_failed", "template_failed"]
    /// Behind so many others it is told anew.
    private static let lookBack = 500
    private static let longest: TimeInterval = 24 * 3600

    /// The place in `recent` (oldest first) of the event that `event` repeats; nil: it is a new one.
    static func place(of event: EventInfo, in recent: [EventInfo]) -> Int? {
        guard kinds.contains(event.kind) else { return nil }
        let words = comparable(event.message)
        for (index, earlier) in recent.enumerated().suffix(lookBack).reversed() where isSameSubject(event, earlier) {
            if earlier.kind == event.kind, comparable(earlier.message) == words {
                return event.time.timeIntervalSince(earlier.lastTime) < longest ? index : nil
            }
            // Something else happened to the instance since: it came up, or was changed.
            if event.instance != nil, !kinds.contains(earlier.kind) { return nil }
        }
        return nil
    }

    /// The earlier event, now with the words of the last time.
    static func folded(_ event: EventInfo, into earlier: EventInfo) -> EventInfo {
        EventInfo(
            id: earlier.id, time: earlier.time, application: earlier.application, service: earlier.service,
            instance: earlier.instance, kind: earlier.kind, message: event.message, count: earlier.count + 1,
            lastTime: event.time)
    }

    private static func isSameSubject(_ one: EventInfo, _ other: EventInfo) -> Bool {
        (one.application, one.service, one.instance) == (other.application, other.service, other.instance)
    }

    /// Sizes and times differ from one time to the next, and what happened is the same.
    private static func comparable(_ message: String) -> String {
        message.replacing(#/[0-9]+(\.[0-9]+)? ?(K|M|G|T|KiB|MiB|GiB|ms|s|bytes)\b/#, with: "#")
            // Nothing has no unit.
            .replacing(#/has [0-9]+ of /#, with: "has # of ")
    }
}
