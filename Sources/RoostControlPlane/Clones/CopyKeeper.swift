import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostModel
import RoostTasks
import ServiceLifecycle

/// Periodic work for clones and templates: removes expired and idle clones, fills pools, rebuilds templates whose
/// dump changed or whose schedule is due, and removes snapshots that were made for clones that are gone.
package actor CopyKeeper: ServiceLifecycle.Service {
    private static let interval: Duration = .seconds(1)
    private static let sweepEvery: Duration = .seconds(30)
    private static let watchEvery: Duration = .seconds(3)
    /// Share of the machine's memory for clones that wait in pools.
    private static let poolShare = 0.25
    /// Grace period in seconds until a snapshot must be named by the clone or template that it was taken for.
    private static let unnamedFor: TimeInterval = 120
    /// Failures in a row after which a clone is given up.
    private static let attempts = 3
    /// Pause of a template's pool after a clone could not be made.
    private static let unmadePause: Duration = .seconds(60)

    private let clones: Clones
    private let templates: Templates
    private let feed: RouterFeed
    private let logger: Logger
    private let wakeSignal: WakeSignal
    private var agent: any Agent { clones.machine.agent }
    /// When a clone of a template's version last could not be made, by template name and version.
    private var unmade: [String: ContinuousClock.Instant] = [:]
    /// When the disk last had no room for copies.
    private var crowded: ContinuousClock.Instant?
    /// When a connection was last seen, and the total number of connections by then.
    private var sessions: [ServiceID: (last: ContinuousClock.Instant, total: Int)] = [:]
    private var swept = ContinuousClock.now - .seconds(3600)
    private var watched = ContinuousClock.now - .seconds(3600)
    private var lastMinute: Int64 = 0

    init(clones: Clones, templates: Templates, feed: RouterFeed, wakeSignal: WakeSignal, logger: Logger) {
        self.clones = clones
        self.templates = templates
        self.feed = feed
        self.wakeSignal = wakeSignal
        self.logger = logger
    }

    /// Wakes the keeper after a clone was taken from a pool, or a template changed.
    package nonisolated func wake() { wakeSignal.ring() }

    package func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.loop() }
            // Upkeep has a task of its own: its long work must not keep clones from ending and pools from filling up.
            group.addTask { await self.upkeep() }
            // A stop of the daemon ends the group; clones go on.
            group.addTask { try? await gracefulShutdown() }
            await group.next()
            group.cancelAll()
            wakeSignal.ring()
        }
    }

    private func loop() async {
        while !Task.isCancelled {
            // Without the storage pool's mount, copies in it cannot be seen, and nothing is decided.
            if await canSeeAll() {
                await task("remove expired clones") { try await endClones() }
                await task("fill pools") { try await fillPools() }
            }
            await wakeSignal.sleep(Self.interval)
        }
    }

    private func upkeep() async {
        while !Task.isCancelled {
            if watched.duration(to: .now) >= Self.watchEvery {
                watched = .now
                await task("watch dumps") { try await templates.watch() }
            }
            await task("run schedules") { try await keepTimeTables() }
            if swept.duration(to: .now) >= Self.sweepEvery, await canSeeAll() {
                swept = .now
                await task("clean up after clones and templates") { try await sweep() }
            }
            // If the task is cancelled, the loop ends.
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// False also if the agent gives no answer.
    private func canSeeAll() async -> Bool {
        guard let pool = try? await agent.call(LookAtPool()) else { return false }
        return pool != .missing
    }

    private func task(_ name: String, _ work: () async throws -> Void) async {
        do { try await work() } catch {
            if Task.isCancelled { return }
            logger.warning(
                "A housekeeping task for clones and templates failed",
                metadata: ["task": "\(name)", "reason": "\(error)"])
        }
    }

    // MARK: Clones

    private func endClones() async throws {
        let all = try await clones.all()
        // Clones that are being reset are ended as well.
        let named = all.filter { $0.clone?.name != nil && !$0.isLeaving }
        try await noteSessions(named)
        for service in all where service.goal == .run { try await endUnmade(service) }
        for service in named {
            guard let clone = service.clone, let name = clone.name else { continue }
            let since = sessions[service.id].map { $0.last.duration(to: .now) } ?? .zero
            guard let end = CloneEnd.reason(clone.terms, now: Date(), sinceSession: since) else { continue }
            try await clones.remove(service.id) { now in
                now.clone?.name == name
                    && now.clone.flatMap { CloneEnd.reason($0.terms, now: Date(), sinceSession: since) } != nil
            }
            await clones.events.add("clone_removed", "clone \(name) of \(clone.origin.source) was removed: \(end.text)")
        }
    }

    /// Removes a clone that could not be made after several attempts. No user has it yet, and its operation tells the
    /// reason.
    private func endUnmade(_ service: RoostModel.Service) async throws {
        guard let clone = service.clone, service.instances.allSatisfy({ !$0.seeded }),
            let seen = clones.statusCache.status(of: service.id)?.instances[0], seen.failures >= Self.attempts,
            let problem = seen.problem
        else { return }
        try await clones.remove(service.id) { now in now.instances.allSatisfy { !$0.seeded } }
        if case .template(let name, let version) = clone.origin { unmade["\(name) \(version)"] = .now }
        let name = clone.name.map { "clone \($0)" } ?? "a clone for the pool"
        await clones.events.add("clone_failed", "\(name) of \(clone.origin.source) could not be created: \(problem)")
    }

    /// A connection that opened and closed between two looks shows in the total count.
    private func noteSessions(_ services: [RoostModel.Service]) async throws {
        let watched = services.filter { $0.clone?.terms.idleSeconds != nil }
        sessions = sessions.filter { known in watched.contains { $0.id == known.key } }
        guard !watched.isEmpty else { return }
        guard let status = await feed.status() else {
            // Without the router's status, sessions are unknown; the clone counts as in use.
            for service in watched { sessions[service.id]?.last = .now }
            return
        }
        var open: [ServiceID: Int] = [:]
        var total: [ServiceID: Int] = [:]
        for route in status.routes {
            guard let id = ServiceRoutes.service(ofRoute: route.name) else { continue }
            open[id, default: 0] += route.openConnections
            total[id, default: 0] += Int(route.totalConnections)
        }
        for service in watched {
            let count = total[service.id, default: 0]
            let isBusy = open[service.id, default: 0] > 0 || sessions[service.id]?.total != count
            if isBusy { sessions[service.id] = (.now, count) }
        }
    }

    // MARK: Pools

    private func fillPools() async throws {
        let all = try await clones.all()
        let waiting = all.filter { $0.clone?.name == nil && !$0.isLeaving }
        let found = try await clones.records.templates().map(\.value)
        guard !waiting.isEmpty || found.contains(where: { $0.settings.pool > 0 }) else { return }
        let room = try await agent.call(LookForRoom())
        if room.free.bytes <= 0 { crowded = .now }
        // Waiting clones give way to requested copies when the disk is full, and are not made again at once.
        let isCrowded = crowded.map { $0.duration(to: .now) < Self.unmadePause } ?? false
        let total = Double(room.memory.bytes) * Self.poolShare
        let plan = PoolPlan.make(
            room.free.bytes > 0 ? found.compactMap { wanted($0, waiting) } : [],
            waiting.compactMap { standing($0, found) },
            memory: ByteCount(bytes: Int64(total)),
            hasRoom: !isCrowded)
        for id in plan.remove { try await clones.remove(id) { $0.clone?.name == nil } }
        for (name, count) in plan.create {
            guard let template = found.first(where: { $0.name == name }) else { continue }
            for _ in 0..<count {
                let properties = try await templates.properties(ofClone: template, terms: CloneTerms(expiresAt: nil))
                _ = try await clones.make(nil, properties)
            }
        }
    }

    private func wanted(_ template: Template, _ waiting: [RoostModel.Service]) -> PoolPlan.Wanted? {
        guard let version = template.version else { return nil }
        let last = unmade["\(template.name) \(version.id)"]
        let isPaused = last.map { $0.duration(to: .now) < Self.unmadePause } ?? false
        let settings = templates.settings(ofClones: template)
        let own = waiting.count { $0.isWaiting(for: .template(template.name, version: version.id), with: settings) }
        return PoolPlan.Wanted(
            template: template.name, version: version.id,
            count: isPaused ? min(own, template.settings.pool) : template.settings.pool, memory: settings.memory)
    }

    private func standing(_ service: RoostModel.Service, _ found: [Template]) -> PoolPlan.Waiting? {
        guard case .template(let name, let version) = service.clone?.origin else { return nil }
        let wanted = found.first { $0.name == name }.map { templates.settings(ofClones: $0) }
        let isStuck =
            clones.statusCache.status(of: service.id)?.instances.values.contains {
                $0.convergence == .blocked || $0.failures >= Self.attempts
            } ?? false
        return PoolPlan.Waiting(
            id: service.id, template: name, version: version, memory: service.settings.memory,
            isUnfit: isStuck || service.settings != wanted)
    }

    // MARK: Time

    private func keepTimeTables() async throws {
        let minute = Int64(Date().timeIntervalSince1970 / 60)
        guard minute != lastMinute else { return }
        // The previous daemon may have kept the schedule in the minute of this daemon's start. Minutes that passed
        // during a long task are caught up.
        let due = lastMinute == 0 ? [] : (max(lastMinute + 1, minute - 60)...minute).map { $0 }
        for template in try await clones.records.templates().map(\.value) {
            guard let schedule = template.settings.refresh.flatMap({ Schedule($0) }),
                due.contains(where: { schedule.includes(Date(timeIntervalSince1970: Double($0) * 60), in: .current) })
            else { continue }
            await task("refresh template \(template.name)") { _ = try await templates.builder.build(template.name) }
        }
        lastMinute = minute
    }

    // MARK: Remains

    private func sweep() async throws {
        let used = try await clones.records.snapshotsInUse()
        // A build that is under way needs the snapshot that it took.
        let isBuilding = try await clones.records.templates().contains { $0.value.building != nil }
        let ended = isBuilding ? [SnapshotRecord.clone] : [SnapshotRecord.clone, SnapshotRecord.template]
        let now = Date()
        for snapshot in try await agent.call(ListSnapshots()) {
            guard ended.contains(snapshot.reason), !used.contains(snapshot.id),
                now.timeIntervalSince(snapshot.createdAt) > Self.unnamedFor,
                let application = ApplicationName(stored: snapshot.application),
                let service = ServiceName(rawValue: snapshot.service)
            else { continue }
            _ = try await agent.run(RemoveSnapshot(ServiceID(application, service), snapshot.id))
        }
        try await templates.sweep()
    }
}

extension RoostModel.Service {
    fileprivate var isLeaving: Bool { if case .destroy = goal { true } else { false } }
}
