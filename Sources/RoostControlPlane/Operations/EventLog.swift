import Foundation
import Logging
import RoostModel
import RoostStore
import ServiceLifecycle

/// Events for people: kept in the store, bounded in number, and passed on to listeners.
///
/// Events are written in the background: a database's start does not wait for the line that reports it.
package actor EventLog: ServiceLifecycle.Service, EventsAPI {
    private static let kept = 10_000
    private static let trimEvery = 200
    private static let mostAtOnce = 200

    private let records: Records
    private let logger: Logger
    /// Gets each new event, with the record of the failover that it tells. Never waits.
    private let passOn: @Sendable (EventInfo, FailoverInfo?) -> Void
    private var nextID: Int64 = 1
    private var recent: [EventInfo] = []
    private var unwritten: [EventInfo] = []
    private var sinceTrim = 0
    private var listeners: [UUID: AsyncStream<EventInfo>.Continuation] = [:]
    private let work: AsyncStream<Void>
    private let moreWork: AsyncStream<Void>.Continuation

    package init(
        records: Records, logger: Logger, passOn: @escaping @Sendable (EventInfo, FailoverInfo?) -> Void = { _, _ in }
    ) {
        self.records = records
        self.logger = logger
        self.passOn = passOn
        (work, moreWork) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Reads the events of earlier daemons. Called once, before anything else.
    package func load() async throws(Problem) {
        recent = try await records.list(EventInfo.self, under: Records.Kind.events.prefix).map(\.value)
        nextID = (recent.last?.id ?? 0) + 1
    }

    package func add(
        _ kind: String, _ message: String, application: ApplicationName? = nil, service: ServiceID? = nil,
        instance: InstanceID? = nil, failover: FailoverInfo? = nil
    ) {
        let owner = application ?? service?.application ?? instance?.service.application
        let isOwn = owner?.isOwn ?? false
        // Servers of clones have internal names; events report only when a clone is made and when it is removed.
        if isOwn, kind == "instance_up" { return }
        let event = EventInfo(
            id: nextID, time: Date(), application: isOwn ? nil : owner?.rawValue,
            service: isOwn ? nil : (service ?? instance?.service)?.service.rawValue, instance: instance?.name,
            kind: kind,
            message: message)
        if let place = EventFolding.place(of: event, in: recent) {
            recent[place] = EventFolding.folded(event, into: recent[place])
            // Listeners have received the first occurrence already.
            unwritten.removeAll { $0.id == recent[place].id }
            unwritten.append(recent[place])
            moreWork.yield()
            return
        }
        nextID += 1
        recent.append(event)
        if recent.count > Self.kept { recent.removeFirst(recent.count - Self.kept) }
        for listener in listeners.values { listener.yield(event) }
        passOn(event, failover)
        unwritten.append(event)
        moreWork.yield()
    }

    package func newest(_ limit: Int, application: ApplicationName?) -> [EventInfo] {
        let matching = recent.filter { application == nil || $0.application == application?.rawValue }
        return Array(matching.suffix(max(0, limit)))
    }

    /// Streams every event with an id above `after`. Nil: only new events.
    package func stream(after: Int64?, application: ApplicationName?) -> AsyncStream<EventInfo> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: EventInfo.self, bufferingPolicy: .bufferingOldest(20_000))
        let id = UUID()
        if let after {
            for event in recent where event.id > after { continuation.yield(event) }
        }
        listeners[id] = continuation
        continuation.onTermination = { _ in
            Task { await self.remove(id) }  // Ends at once.
        }
        guard let application else { return stream }
        return AsyncStream(EventInfo.self, bufferingPolicy: .bufferingOldest(20_000)) { filtered in
            let task = Task {  // Ends with the stream it filters, or with its reader.
                for await event in stream where event.application == application.rawValue { filtered.yield(event) }
                filtered.finish()
            }
            filtered.onTermination = { _ in task.cancel() }
        }
    }

    private func remove(_ id: UUID) { listeners[id] = nil }

    package func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in work { await write() }
            await write()
            for listener in listeners.values { listener.finish() }
        } onGracefulShutdown: { [moreWork] in
            moreWork.finish()
        }
    }

    private func write() async {
        // The store limits the number of writes in one commit.
        let batch = Array(unwritten.prefix(Self.mostAtOnce))
        guard !batch.isEmpty else { return }
        unwritten.removeFirst(batch.count)
        if !unwritten.isEmpty { moreWork.yield() }
        do throws(Problem) {
            var writes: [StoreWrite] = []
            for event in batch { try writes.append(Records.put(event, at: Self.key(event.id), expecting: nil)) }
            sinceTrim += batch.count
            if sinceTrim >= Self.trimEvery {
                sinceTrim = 0
                writes += try await expired()
            }
            try await records.commit(writes)
        } catch {
            // Events are no state: a full disk loses lines, never data.
            logger.warning(
                "Events could not be stored", metadata: ["count": "\(batch.count)", "reason": "\(error.message)"])
        }
    }

    private func expired() async throws(Problem) -> [StoreWrite] {
        let stored = try await records.list(EventInfo.self, under: Records.Kind.events.prefix)
        return stored.dropLast(Self.kept).prefix(Self.mostAtOnce).map {
            .delete(key: Self.key($0.value.id), expecting: nil)
        }
    }

    private static func key(_ id: Int64) -> String {
        let digits = String(id)
        return Records.Kind.events.prefix + String(repeating: "0", count: max(0, 19 - digits.count)) + digits
    }
}
