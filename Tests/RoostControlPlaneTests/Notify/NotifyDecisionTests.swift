import Foundation
import RoostModel
import Testing

@testable import RoostControlPlane

/// The pure decisions about notifications: which events, when again, the signature, and the bounds of the queue.
@Suite struct NotifyDecisionTests {
    static let kinds: [(kind: String, application: String?, subject: NotifiedKinds.Subject?)] = [
        ("failover", "ramen", .service), ("primary", "ramen", .service), ("synchronous_lost", "ramen", .service),
        ("synchronous", "ramen", .service), ("asynchronous", "ramen", .service), ("resync", "ramen", .service),
        ("resynchronised", "ramen", .service), ("instance_problem", "ramen", .service),
        ("instance_exited", "ramen", .service), ("members_differ", "ramen", .service),
        // A server of a clone.
        ("instance_problem", nil, nil), ("instance_exited", nil, nil),
        ("home_away", nil, .machine), ("store_rewritten", nil, .machine), ("user_shared", nil, .machine),
        ("router_silent", nil, .machine),
        ("service_created", "ramen", nil), ("instance_up", "ramen", nil), ("token_added", nil, nil),
        ("nosuch", "ramen", nil),
    ]

    @Test(arguments: kinds)
    func theKindDecides(kind: String, application: String?, subject: NotifiedKinds.Subject?) {
        #expect(NotifiedKinds.subject(ofKind: kind, application: application) == subject)
    }

    /// A kind that no code adds would never be sent, and nobody would notice.
    @Test func everyKindIsOneThatTheCodeAdds() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var text = ""
        for case let file as URL in files
        where file.pathExtension == "swift" && file.lastPathComponent != "NotifiedKinds.swift" {
            text += try String(contentsOf: file, encoding: .utf8)
        }
        for kind in NotifiedKinds.subjects.keys { #expect(text.contains("\"\(kind)\""), "\(kind)") }
    }

    @Test(arguments: [(0, 1), (1, 1), (2, 2), (3, 4), (8, 128), (12, 2048), (13, 3600), (500, 3600), (Int.max, 3600)])
    func thePauseDoublesUpToAnHour(failures: Int, seconds: Int) {
        #expect(RetrySchedule.pause(afterFailures: failures) == .seconds(seconds))
    }

    @Test(arguments: [
        (1, 0, RetrySchedule.Decision.again(after: .seconds(1))), (20, 3600, .again(after: .seconds(3600))),
        // The last attempt takes place when the day is over.
        (20, 86_390, .again(after: .milliseconds(10_001))), (20, 86_400, .giveUp), (1, 90_000, .giveUp),
    ])
    func aNotificationIsGivenUpAfterADay(failures: Int, age: Int, decision: RetrySchedule.Decision) {
        let queued = Date(timeIntervalSince1970: 1_764_576_000)
        #expect(
            RetrySchedule.next(
                afterFailures: failures, queuedAt: queued, now: queued.addingTimeInterval(TimeInterval(age)))
                == decision)
    }

    /// The code was computed with Python's hmac.
    @Test func theSignatureCoversTimeAndBody() {
        let secret = "h0Xk3vQn7cLw9TzRb2MdYp4S"
        let time = Date(timeIntervalSince1970: 1_764_576_000.9)
        let header = WebhookSignature.header(secret: secret, body: #"{"id":"1"}"#, at: time)
        #expect(header == "t=1764576000,v1=6f8dc995208c14fa80ba7185f6d2bc855af8b77c5e1807b678221a6c20450136")
        let others = [
            WebhookSignature.header(secret: secret + "x", body: #"{"id":"1"}"#, at: time),
            WebhookSignature.header(secret: secret, body: #"{"id":"2"}"#, at: time),
        ]
        for other in others { #expect(other.hasPrefix("t=1764576000,v1=") && other != header) }
        let later = WebhookSignature.header(secret: secret, body: #"{"id":"1"}"#, at: time.addingTimeInterval(1))
        #expect(later.suffix(64) != header.suffix(64))
    }

    // MARK: The queue

    private static let now = Date(timeIntervalSince1970: 1_764_576_000)

    private static func target(_ host: String, _ owner: NotifyOwner = .daemon) throws -> NotifyTarget {
        let service: ServiceName? = owner == .daemon ? nil : ServiceName(checked: "data")
        return NotifyTarget(
            owner: owner, address: NotifyAddress(service: service, url: try WebhookURL("http://\(host)/")))
    }

    private static func notice(_ number: Int) throws -> Notice {
        Notice(testOf: try target("any"), id: "\(number)", at: now)
    }

    @Test func eachTargetHasItsOrder() throws {
        let (one, two) = (try Self.target("one"), try Self.target("two"))
        var queue = NotifyQueue()
        for number in 1...3 {
            let new = try queue.deliveries(of: Self.notice(number), to: number == 2 ? [one] : [one, two], at: Self.now)
            #expect(queue.add(new).isEmpty)
        }
        #expect(queue.count(for: one) == 3 && queue.count(for: two) == 2)
        var seen: [String] = []
        while let head = queue.head(for: one) {
            seen.append(head.notification.id)
            queue.remove(head)
        }
        #expect(seen == ["1", "2", "3"])
        #expect(queue.targets == [two] && queue.head(for: two)?.notification.id == "1")
    }

    @Test func aFullQueueDropsItsOldest() throws {
        let (full, other) = (try Self.target("full"), try Self.target("other"))
        var queue = NotifyQueue()
        for number in 1...NotifyQueue.mostWaiting {
            #expect(try queue.add(queue.deliveries(of: Self.notice(number), to: [full], at: Self.now)).isEmpty)
        }
        let dropped = try queue.add(queue.deliveries(of: Self.notice(0), to: [full, other], at: Self.now))
        #expect(dropped.map(\.notification.id) == ["1"] && dropped.map(\.target) == [full])
        #expect(queue.count(for: full) == NotifyQueue.mostWaiting && queue.count(for: other) == 1)
        #expect(queue.head(for: full)?.notification.id == "2")
    }

    @Test func theQueueOfAnEarlierDaemonGoesOn() throws {
        let target = try Self.target("ops", .application(ApplicationName(checked: "ramen")))
        var earlier = NotifyQueue()
        for number in 1...2 {
            _ = try earlier.add(earlier.deliveries(of: Self.notice(number), to: [target], at: Self.now))
        }
        let stored = try [earlier.head(for: target)].compactMap { $0 }
            .map { try JSON.decode(NotifyDelivery.self, from: try JSON.encode($0)) }
        var queue = NotifyQueue(stored: stored)
        #expect(queue.head(for: target) == earlier.head(for: target))
        #expect(queue.nextNumber == 2)
        _ = try queue.add(queue.deliveries(of: Self.notice(3), to: [target], at: Self.now))
        #expect(queue.count(for: target) == 2)
    }

    @Test func theStateOfARemovedAddressIsForgotten() throws {
        let url = try WebhookURL("http://ops/")
        let kept = NotifyAddress(service: ServiceName(checked: "kept"), url: url)
        let removed = NotifyAddress(service: ServiceName(checked: "removed"), url: url)
        var state = NotifyState()
        state.change(removed, configured: [kept, removed]) { $0.dropped += 1 }
        state.change(kept, configured: [kept, removed]) { $0.dropped += 1 }
        #expect(state.addresses.map(\.address) == [removed, kept])
        state.change(kept, configured: [kept]) { $0.dropped += 1 }
        #expect(state.addresses.map(\.address) == [kept] && state.addresses.map(\.dropped) == [2])
    }
}
