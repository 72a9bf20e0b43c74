import Foundation
import Logging
import RoostModel
import RoostStore
import ServiceLifecycle

/// Sends events to webhooks: stores them in a queue, and delivers each queue in order, on tasks of its own.
///
/// Each notification is delivered at least once: it leaves the store after the receiver took it. A slow receiver delays
/// nobody but itself.
package actor Notifier: ServiceLifecycle.Service {
    /// An event on its way from the log to the queue.
    private struct News: Sendable {
        let event: EventInfo
        let subject: NotifiedKinds.Subject
        let failover: FailoverInfo?

        /// Nil for events of the machine.
        var service: ServiceID? {
            guard subject == .service, let application = event.application.flatMap(ApplicationName.init(stored:)),
                let service = event.service.flatMap(ServiceName.init(rawValue:))
            else { return nil }
            return ServiceID(application, service)
        }
    }

    private let book: NotifyBook
    private let records: Records
    nonisolated let deliverer: NotifyDeliverer
    private let logger: Logger
    /// Waits before another attempt; ends at once when its task is cancelled. Tests do not wait.
    private let pause: @Sendable (Duration) async -> Void
    private let news: AsyncStream<News>
    private nonisolated let moreNews: AsyncStream<News>.Continuation
    private let begun: AsyncStream<NotifyTarget>
    private let begin: AsyncStream<NotifyTarget>.Continuation
    private var queue = NotifyQueue()
    /// Targets that have a task.
    private var busy: Set<NotifyTarget> = []

    init(
        book: NotifyBook, sender: any WebhookSender, logger: Logger,
        // A cancelled sleep throws, and the loop ends.
        pause: @escaping @Sendable (Duration) async -> Void = { try? await Task.sleep(for: $0) }
    ) {
        self.pause = pause
        self.book = book
        self.logger = logger
        records = book.records
        deliverer = NotifyDeliverer(book: book, sender: sender)
        // The store is slower than a burst of events only for moments.
        (news, moreNews) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(10_000))
        (begun, begin) = AsyncStream.makeStream()
    }

    /// Reads what earlier daemons left. Called once, before anything else.
    func load() async throws(Problem) {
        queue = NotifyQueue(stored: try await records.notifyQueue())
    }

    /// Takes an event of the log. Never waits.
    nonisolated func take(_ event: EventInfo, _ failover: FailoverInfo?) {
        guard let subject = NotifiedKinds.subject(ofKind: event.kind, application: event.application) else { return }
        let result = moreNews.yield(News(event: event, subject: subject, failover: failover))
        if case .dropped = result {
            logger.warning(
                "An event was not queued for webhooks: too many at once", metadata: ["kind": "\(event.kind)"])
        }
    }

    package func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.takeNews() }
            startWork()
            for await target in begun.cancelOnGracefulShutdown() {
                group.addTask { await self.work(for: target) }
            }
            // Waiting deliveries stay in the store for the next daemon. Events that have come are still stored: a stream
            // gives what it holds before it ends.
            group.cancelAll()
        }
    }

    // MARK: The queue

    private func takeNews() async {
        for await item in news { await add(item) }
    }

    private func add(_ news: News) async {
        do throws(Problem) {
            let targets = try await book.targets(of: news.service)
            guard !targets.isEmpty else { return }
            let notice = Notice(
                id: "\(TimedID.make(news.event.time))-\(news.event.id)", of: news.event, failover: news.failover)
            let deliveries = queue.deliveries(of: notice, to: targets, at: Date())
            await store(deliveries)
            let dropped = queue.add(deliveries)
            startWork()
            for delivery in dropped {
                await commit([delivery.number])
                await giveUp(delivery, because: "its queue is full")
            }
        } catch {
            logger.warning(
                "A notification could not be queued",
                metadata: ["kind": "\(news.event.kind)", "reason": "\(error.message)"])
        }
    }

    /// Stored before the first attempt: the deletion after it must find the document. If the disk is full, the
    /// notification is delivered all the same, and only a restart of roostd loses it.
    private func store(_ deliveries: [NotifyDelivery]) async {
        do throws(Problem) {
            var writes: [StoreWrite] = []
            for delivery in deliveries {
                try writes.append(Records.put(delivery, at: Records.notifyQueueKey(delivery.number), expecting: nil))
            }
            try await records.commit(writes)
        } catch {
            logger.warning("A notification could not be stored", metadata: ["reason": "\(error.message)"])
        }
    }

    /// Has a task for each target with something to deliver.
    private func startWork() {
        for target in queue.targets where busy.insert(target).inserted { begin.yield(target) }
    }

    func waiting(for target: NotifyTarget) -> Int { queue.count(for: target) }

    // MARK: Delivering

    private func work(for target: NotifyTarget) async {
        var failures = 0
        while !Task.isCancelled, let delivery = queue.head(for: target) {
            guard let reply = await deliverer.attempt(delivery) else {
                await discard(target)
                break
            }
            // A cancelled attempt says nothing about the receiver.
            if Task.isCancelled, !reply.isAccepted { break }
            if reply.isAccepted {
                failures = 0
                await remove(delivery)
                await note(target) { $0.lastSuccess = Date() }
                continue
            }
            failures += 1
            await noteFailure(delivery, reply, failures)
            switch RetrySchedule.next(afterFailures: failures, queuedAt: delivery.queuedAt, now: Date()) {
            case .giveUp:
                await remove(delivery)
                await giveUp(delivery, because: "it was not accepted within a day")
            case .again(let time):
                await pause(time)
            }
        }
        busy.remove(target)
        // A delivery may have been added between the last look and here.
        if !Task.isCancelled { startWork() }
    }

    private func noteFailure(_ delivery: NotifyDelivery, _ reply: WebhookReply, _ failures: Int) async {
        if failures == 1 {
            logger.warning(
                "A webhook did not take a notification; it is tried again",
                metadata: ["url": "\(delivery.url.origin)", "reason": "\(reply.text)"])
        }
        await note(delivery.target) {
            $0.lastError = reply.text
            $0.lastErrorAt = Date()
        }
    }

    private func giveUp(_ delivery: NotifyDelivery, because reason: String) async {
        await note(delivery.target) { $0.dropped += 1 }
        let dropped = try? await deliverer.state(of: delivery.target)?.dropped  // Only for the log.
        logger.warning(
            "A notification was dropped",
            metadata: [
                "url": "\(delivery.url.origin)", "kind": "\(delivery.notification.kind)", "reason": "\(reason)",
                "dropped": "\(dropped.map { "\($0)" } ?? "unknown")",
            ])
    }

    /// Drops what waits for an address that its owner no longer has.
    private func discard(_ target: NotifyTarget) async {
        let removed = queue.removeAll(for: target)
        logger.notice(
            "Notifications for an address that is no longer set were dropped",
            metadata: ["url": "\(target.address.url.origin)", "count": "\(removed.count)"])
        // Fewer deletions than a commit may hold.
        for start in stride(from: 0, to: removed.count, by: 100) {
            await commit(removed[start..<min(start + 100, removed.count)].map(\.number))
        }
    }

    private func remove(_ delivery: NotifyDelivery) async {
        queue.remove(delivery)
        await commit([delivery.number])
    }

    /// Removes deliveries from the store. If that fails, the next daemon delivers them again.
    private func commit(_ numbers: [Int64]) async {
        do throws(Problem) {
            try await records.commit(numbers.map { .delete(key: Records.notifyQueueKey($0), expecting: nil) })
        } catch {
            logger.warning(
                "A delivered notification could not be removed from the store", metadata: ["reason": "\(error.message)"]
            )
        }
    }

    private func note(_ target: NotifyTarget, _ change: (inout NotifyState.Address) -> Void) async {
        do throws(Problem) { try await deliverer.note(target, change) } catch {
            logger.warning("The state of a webhook could not be stored", metadata: ["reason": "\(error.message)"])
        }
    }
}
