import Foundation
import RoostModel

/// Which problems are one event that happened again. Pure.
///
/// A step that fails is tried again for as long as it is wanted; without this a night of a full disk would be thousands of
/// lines, and what happened before them would be pushed out.
enum EventFolding {
    /// What is told each time somebody looks again, as opposed to what happened.
    private static let kinds: Set = [
        "instance_problem", "instance_exited", "clone_failed", "template_failed", "accounts_mended", "user_shared",
        "server_without_view", "home_away",
    ]
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

    /// The earlier event, now with the words of the last time. The interval of a promise that was not guaranteed begins with
    /// the first one's: none of them is lost.
    static func folded(_ event: EventInfo, into earlier: EventInfo) -> EventInfo {
        var message = event.message
        if let first = earlier.message.firstMatch(of: interval), let last = message.firstMatch(of: interval) {
            message.replaceSubrange(last.begin.startIndex..<last.begin.endIndex, with: first.begin)
        }
        return EventInfo(
            id: earlier.id, time: earlier.time, application: earlier.application, service: earlier.service,
            instance: earlier.instance, kind: earlier.kind, message: message, count: earlier.count + 1,
            lastTime: event.time)
    }

    /// As `DriftReport` words it.
    private static var interval: Regex<(Substring, begin: Substring)> {
        #/not guaranteed (?<begin>from .+?) to [0-9TZ:.\-]+/#
    }

    private static func isSameSubject(_ one: EventInfo, _ other: EventInfo) -> Bool {
        (one.application, one.service, one.instance) == (other.application, other.service, other.instance)
    }

    /// Sizes and times differ from one time to the next, and what happened is the same.
    private static func comparable(_ message: String) -> String {
        message.replacing(#/[0-9]+(\.[0-9]+)? ?(K|M|G|T|KiB|MiB|GiB|ms|s|bytes)\b/#, with: "#")
            .replacing(interval, with: "not guaranteed #")
            // Nothing has no unit.
            .replacing(#/has [0-9]+ of /#, with: "has # of ")
    }
}
