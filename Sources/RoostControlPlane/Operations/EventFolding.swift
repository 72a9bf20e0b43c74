import Foundation
import RoostModel

/// Decides which problems repeat an earlier event. Pure.
///
/// A failing step is retried for as long as it is wanted; without folding, a night with a full disk would give
/// thousands of events, and push out what happened before them.
enum EventFolding {
    /// Kinds that are reported at every look while a problem lasts, as opposed to single occurrences.
    private static let kinds: Set = [
        "instance_problem", "instance_exited", "clone_failed", "template_failed", "accounts_mended", "user_shared",
        "server_without_view", "home_away",
    ]
    /// Number of latest events that are searched; a problem further back is reported anew.
    private static let lookBack = 500
    private static let longest: TimeInterval = 24 * 3600

    /// The index in `recent` (oldest first) of the event that `event` repeats. Nil if it is a new event.
    static func place(of event: EventInfo, in recent: [EventInfo]) -> Int? {
        guard kinds.contains(event.kind) else { return nil }
        let words = comparable(event.message)
        for (index, earlier) in recent.enumerated().suffix(lookBack).reversed() where isSameSubject(event, earlier) {
            if earlier.kind == event.kind, comparable(earlier.message) == words {
                return event.time.timeIntervalSince(earlier.lastTime) < longest ? index : nil
            }
            // The instance came up or was changed since, so the problem is a new event.
            if event.instance != nil, !kinds.contains(earlier.kind) { return nil }
        }
        return nil
    }

    /// The earlier event with the message of the last one. The interval of a promise that was not guaranteed keeps
    /// the start of the first, so that no part of it is lost.
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

    /// Matches the wording of `DriftReport`.
    private static var interval: Regex<(Substring, begin: Substring)> {
        #/not guaranteed (?<begin>from .+?) to [0-9TZ:.\-]+/#
    }

    private static func isSameSubject(_ one: EventInfo, _ other: EventInfo) -> Bool {
        (one.application, one.service, one.instance) == (other.application, other.service, other.instance)
    }

    /// Sizes and times are masked: they differ between repetitions of the same problem.
    private static func comparable(_ message: String) -> String {
        message.replacing(#/[0-9]+(\.[0-9]+)? ?(K|M|G|T|KiB|MiB|GiB|ms|s|bytes)\b/#, with: "#")
            .replacing(interval, with: "not guaranteed #")
            // Zero is written without a unit, which the pattern above does not match.
            .replacing(#/has [0-9]+ of /#, with: "has # of ")
    }
}
