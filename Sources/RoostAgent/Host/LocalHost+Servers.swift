import Foundation
import Glibc
import Logging
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import RoostSecrets
import Synchronization

extension LocalHost {
    /// Stop deadline of a template build. A server that ran with durability off writes all of its data as it stops,
    /// and nothing of it is durable before.
    private static let buildStopDeadline: Duration = .seconds(6 * 3600)

    package func start(_ order: InstanceOrder) async throws(HostFailure) -> StartedServer {
        let session = try session(order)
        let wanted = applied(order, session.plan, session.launch)
        if order.service.settings.custom != nil { try await layouts.place(order) }
        let place = paths.place(of: order.id).root
        // Best effort: without room, or if free space cannot be read, the server itself reports the disk's errors.
        _ = try? await pool.run { [reserve] in
            try reserve.makeRoom(for: DiskReserve.startRoom, keeping: ByteCount(bytes: 0), at: place)
        }
        let process = try await pool.run { [self] in try spawn(order, session, wanted) }
        remember(process, applied: wanted, for: order)
        return StartedServer(pid: process.pid, engine: session.build.identity)
    }

    private func session(_ order: InstanceOrder) throws(HostFailure) -> ServerSession {
        let (engine, build) = try engine(for: order)
        return ServerSession(engine: engine, build: build, plan: try serverPlan(order), user: order.user)
    }

    private func spawn(
        _ order: InstanceOrder, _ session: ServerSession, _ wanted: AppliedState
    ) throws(HostFailure) -> ServerProcess {
        let instance = paths.instance(order.id)
        try refuseHiddenHome(order)
        try refuseTakenPorts(order)
        try naming("make its folders") { try session.makeFolders() }
        try prepareStart(order, session.engine)
        try write(session.files(for: .start))
        let group = try group(order)
        if let group { try setLimits(group, wanted.limits) }
        // Written before the start: if the daemon dies right after it, the next one must know what the server was
        // given.
        try writeApplied(wanted, instance)
        var command = session.command(
            logFile: instance.log, lockFile: instance.lock, recordFile: instance.process, group: group)
        command.view = view(instance, session.plan.folders)
        // roostd's own adjustment, which its unit sets low, is not passed on: an out-of-memory kill should hit a
        // database before roostd.
        command.oomScoreAdjustment = Machine.isRoot ? 0 : nil
        let process = try naming("start \(session.launch.program)") { try ServerLauncher.spawn(command) }
        if let fault = process.viewFault {
            // The next look at the server reports the fault as an event.
            logger.warning(
                "A server can see more than its own folders",
                metadata: ["instance": "\(order.id)", "reason": "\(fault)"])
        }
        return process
    }

    /// The server's view of the file system: its own folders, and no other instance's, application's or home's. The
    /// permissions of the system users separate them as well.
    private func view(_ instance: InstancePaths, _ folders: ServerFolders) -> ServerView? {
        guard Machine.isRoot else { return nil }
        return ServerView(
            hidden: [paths.home, SocketFolder.ofRoot] + UserRegister.shared.otherHomes(than: paths.home),
            // Added builds belong to root, and servers run from there.
            kept: [instance.folder, folders.run, paths.engines])
    }

    private func write(_ files: [LaunchFile]) throws(HostFailure) {
        for file in files { try naming("write \(file.path)") { try file.write() } }
    }

    private func refuseHiddenHome(_ order: InstanceOrder) throws(HostFailure) {
        guard let user = order.user else { return }
        try naming("let \(user.name) reach the home folder") { try HomeFolder.check(paths.home, user: user) }
    }

    /// Refuses ports that are taken: a server that finds its port taken ends with a status that does not tell why.
    private func refuseTakenPorts(_ order: InstanceOrder) throws(HostFailure) {
        let own =
            [order.instance?.internalPort].compactMap(\.self) + (order.service.custom?.ports ?? []).map(\.internalPort)
        guard let taken = own.first(where: { !LoopbackPorts.isFreeAgain($0) }) else { return }
        throw HostFailure(
            "its port 127.0.0.1:\(taken) is taken by \(PortHolder.describe(taken)); "
                + "stop that program, or move it out of --internal-ports", takenPort: taken)
    }

    func writeApplied(_ applied: AppliedState, _ instance: InstancePaths) throws(HostFailure) {
        try naming("write \(instance.applied)") {
            // Not durable: the record is about the running server.
            try Storage.writeAtomically(
                try JSON.encode(applied), to: instance.applied, mode: 0o600, owner: nil, isDurable: false)
        }
    }

    package func stop(_ order: InstanceOrder) async throws(HostFailure) {
        guard let process = servers.withLock({ $0[order.id]?.process }) else { return }
        // The data of this clone are thrown away, so a clean stop would gain nothing.
        if order.service.isThrownAway { return try await killRemains(order) }
        await endReaders(order)
        if try await askToStop(process, order, within: Action.stopPatience) == nil {
            logger.warning(
                "A server did not stop in time and is killed",
                metadata: ["instance": "\(order.id)", "after": "\(Action.stopPatience)"])
        }
        // All remaining processes, the main process among them, are killed and waited for.
        try await killRemains(order)
    }

    /// Stops a template build's server. Throws unless it ended in order: data of a killed server make no template.
    package func stopBuild(_ order: InstanceOrder) async throws(HostFailure) {
        guard let process = servers.withLock({ $0[order.id]?.process }) else {
            throw HostFailure("its server exited before it was stopped")
        }
        let status = try await askToStop(process, order, within: Self.buildStopDeadline)
        try await killRemains(order)
        guard status?.isSuccess ?? false else {
            throw HostFailure("its server did not stop cleanly: \(status.map { "\($0)" } ?? "it had to be killed")")
        }
    }

    /// Asks the server to stop, and waits. Nil if it has not ended by the deadline.
    private func askToStop(
        _ process: ServerProcess, _ order: InstanceOrder, within deadline: Duration
    ) async throws(HostFailure) -> ExitStatus? {
        let engine = try engine(named: identity(for: order))
        try naming("ask the server to stop") { try process.signal(engine.stopSignal) }
        let ended = await process.waitForExit(within: deadline)
        // The daemon is stopping, its databases are not: this server ends by itself, or the next daemon ends it.
        if ended == nil, Task.isCancelled { throw HostFailure("was interrupted before the server had exited") }
        return ended
    }

    package func killRemains(_ order: InstanceOrder) async throws(HostFailure) {
        let group = try group(order)
        let instance = paths.instance(order.id)
        let remains = ServerRemains(lockFile: instance.lock, recordFile: instance.process, group: group)
        do { try await remains.killAll() } catch {
            throw HostFailure("could not end the server's remaining processes: \(error)")
        }
        servers.withLock { $0[order.id]?.process = nil }
    }

    package func open(_ order: InstanceOrder) async throws(HostFailure) {
        let engine = try engine(named: identity(for: order))
        let plan = try serverPlan(order)
        if order.service.clone != nil { try await lockAccounts(engine, plan, order) }
        let open = { () async throws(EngineError) in try await engine.open(plan) }
        // A server that is alone has no candidate: its opening may wait like any other query.
        if order.service.isGroup { return try await askingAtOnce("open for writes", open) }
        try await asking("open for writes", open)
    }

    // MARK: Changes in place

    package func applySettings(_ changes: [String: String?], _ order: InstanceOrder) async throws(HostFailure) {
        let (engine, build) = try engine(for: order)
        let plan = try serverPlan(order)
        var left: Set<String> = []
        try await asking("change settings in place") { () async throws(EngineError) in
            left = try await engine.applySettings(changes, plan: plan)
        }
        let wanted = applied(order, plan, engine.launch(plan, build: build))
        try await update(order) { applied in
            let known = applied != nil
            var now = applied ?? wanted
            for (name, value) in changes {
                if left.contains(name) {
                    // The settings of a server adopted without a record are unknown: the spec counts as applied.
                    if known { now.awaitingRestart.updateValue(value, forKey: name) }
                } else {
                    now.settings[name] = value
                    now.awaitingRestart.removeValue(forKey: name)
                }
            }
            applied = now
        }
    }

    package func applyAccounts(_ order: InstanceOrder) async throws(HostFailure) {
        let session = try session(order)
        // The start-up file restores Roost's account and the application user, so it gets the new passwords first.
        try await pool.run { [self] in try write(session.files(for: .change)) }
        try await asking("set up accounts and databases") { () async throws(EngineError) in
            try await session.engine.applyAccounts(session.plan)
        }
        let wanted = applied(order, session.plan, session.launch)
        try await update(order) { applied in applied?.accounts = wanted.accounts }
    }

    package func applyLimits(_ order: InstanceOrder) async throws(HostFailure) {
        let limits = ResourceLimits(memory: order.service.settings.memory, cpus: order.service.settings.cpus)
        try await put(limits, in: order)
        try await update(order) { applied in applied?.limits = limits }
    }

    package func confine(_ order: InstanceOrder) async throws(HostFailure) {
        guard let limits = servers.withLock({ $0[order.id]?.applied?.limits }) else { return }
        try await put(limits, in: order)
    }

    /// Sets limits on the server's control group, and moves a server outside of it back: limits apply only inside.
    private func put(_ limits: ResourceLimits, in order: InstanceOrder) async throws(HostFailure) {
        guard let group = try group(order) else { return }
        let pid = servers.withLock { $0[order.id]?.process?.pid }
        try await pool.run { [self] in
            try setLimits(group, limits)
            guard let pid, !group.strays(among: [pid]).isEmpty else { return }
            try takeBack(order, into: group)
        }
    }

    /// Moves every process of the server that is outside its control group back into the group.
    func takeBack(_ order: InstanceOrder, into group: ControlGroup) throws(HostFailure) {
        let instance = paths.instance(order.id)
        let all = ServerRemains(lockFile: instance.lock, recordFile: instance.process, group: group).everyone()
        let strays = group.strays(among: all)
        if strays.isEmpty { return }
        try naming("put its processes back into its control group") { try group.take(all) }
        logger.warning(
            "Processes of a server were outside its control group and are in it again",
            metadata: ["instance": "\(order.id)", "pids": "\(strays.map(String.init).joined(separator: ", "))"])
    }

    package func trimLogs(_ order: InstanceOrder, keeping size: ByteCount) async throws(HostFailure) {
        let engine = try engine(named: identity(for: order))
        let address = try address(order)
        try await asking("trim the change logs") { () async throws(EngineError) in
            try await engine.logTrimming?.trimLogs(address, keeping: size)
        }
    }

    private func setLimits(_ group: ControlGroup, _ limits: ResourceLimits) throws(HostFailure) {
        try naming("limit memory to \(limits.memory)\(limits.cpus.map { " and cpus to \($0)" } ?? "")") {
            try group.set(memory: limits.memory, cpus: limits.cpus)
        }
    }

    /// Changes the record of what was applied, on disk first.
    private func update(
        _ order: InstanceOrder, _ change: (inout AppliedState?) -> Void
    ) async throws(HostFailure) {
        var applied = servers.withLock { $0[order.id]?.applied }
        change(&applied)
        guard let applied else { return }
        let instance = paths.instance(order.id)
        try await pool.run { [self] in try writeApplied(applied, instance) }
        servers.withLock { $0[order.id]?.applied = applied }
    }

    /// Like `asking`, for steps that decide which server takes writes: they wait for no thread that a hung server holds.
    func askingAtOnce(
        _ step: String, _ work: () async throws(EngineError) -> Void
    ) async throws(HostFailure) {
        try await asking(step) { () async throws(EngineError) in try await AdministrationThreads.with(.takeover, work) }
    }

    func asking(
        _ step: String, _ work: () async throws(EngineError) -> Void
    ) async throws(HostFailure) {
        do { try await work() } catch { throw HostFailure("could not \(step): \(error)") }
    }
}

extension Service {
    /// Whether the data of a clone are about to be thrown away.
    fileprivate var isThrownAway: Bool {
        guard clone != nil else { return false }
        switch goal {
        case .reset, .destroy(keep: nil): return true
        case .run, .restore, .upgrade, .move, .image, .promote, .failover, .destroy: return false
        }
    }
}
