import Foundation
import Logging
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import Synchronization

extension LocalHost {
    package func observe(_ order: InstanceOrder) async -> InstanceObservation {
        await AdministrationThreads.with(.look) { await look(order) }
    }

    private func look(_ order: InstanceOrder) async -> InstanceObservation {
        let process = await observeProcess(order)
        var seen = InstanceObservation(directory: .present, process: process)
        if case .running = process {
            (seen.health, seen.isHeldUp) = await probe(order, isThorough: true)
            seen.applied = servers.withLock { $0[order.id]?.applied }
            seen.escape = escape(order)
            seen.viewFault = servers.withLock { $0[order.id]?.process }.flatMap(Self.viewFault)
            seen.lostFiles = lostFiles(order)
            if order.service.isGroup, seen.health?.isAnswer ?? false {
                seen.askedAt = .now
                seen.replication = await replicationReport(order)
            }
            seen.isImporting = servers.withLock { $0[order.id]?.imports ?? 0 } > 0
        } else {
            seen.directory = await directory(order)
            if process == .none { seen.replication = await stoppedReport(order) }
        }
        // Without its disk, nothing is known of the instance's data.
        if !paths.isPlaceUnknown(of: order.id), let epochs = epochs(order) {
            (seen.epoch, seen.fence) = (epochs.epoch, epochs.fence)
        }
        seen.restore = restoreState(order)
        seen.isKept =
            order.reseeding.map {
                FileManager.default.fileExists(atPath: paths.snapshot(order.service.id, $0, of: order.index).data)
            } ?? false
        seen.upgrade = plans.upgradeState(order)
        return seen
    }

    package func probe(_ order: InstanceOrder) async -> InstanceProbe {
        guard let process = servers.withLock({ $0[order.id]?.process }), process.isRunning else {
            return InstanceProbe(health: nil)
        }
        return await AdministrationThreads.with(.look) {
            let (health, isHeldUp) = await probe(order, isThorough: false)
            var heard: String?
            if case .replica = order.place { heard = await replicationReport(order)?.signsOfPrimary }
            return InstanceProbe(health: health, heard: heard, isHeldUp: isHeldUp)
        }
    }

    /// Epoch and fence of the manifest, read once: only this agent raises them. Nil if the service has no manifest.
    private func epochs(_ order: InstanceOrder) -> Epochs? {
        if let known = servers.withLock({ $0[order.id]?.epochs }) { return known }
        guard let data = FileManager.default.contents(atPath: paths.instance(order.id).manifest),
            // An unreadable manifest makes the directory unusable, which `inspect` reports.
            let manifest: Manifest = try? JSON.decode(from: data), manifest.service.uid == order.service.uid
        else { return nil }
        let epochs = Epochs(manifest)
        servers.withLock { $0[order.id, default: Server()].epochs = epochs }
        return epochs
    }

    /// Why the server's limits do not hold it. Read from the kernel, not from Roost's records: every process with
    /// root's rights can change groups and limits. Nil if they hold.
    private func escape(_ order: InstanceOrder) -> String? {
        let server = servers.withLock { $0[order.id] }
        guard let process = server?.process, let group = try? group(order) else { return nil }
        if !group.strays(among: [process.pid]).isEmpty {
            return "its server (process \(process.pid)) was outside its control group, where no limits apply"
        }
        return server?.applied.flatMap { group.limitFault(memory: $0.limits.memory, cpus: $0.limits.cpus) }
    }

    /// Why the server has no view of its own. Read from the kernel as well: an adopted server may have been started
    /// without one. Nil if it has one.
    static func viewFault(of process: ServerProcess) -> String? {
        guard Machine.isRoot, OpenFiles.sharesMounts(process.pid) == .same else { return nil }
        let reason = process.viewFault ?? "it was started by another roostd; restart it to give it one"
        return
            "its server (process \(process.pid)) has no mount view of its own "
            + "and sees all that its user may read: \(reason)"
    }

    /// The instances whose running server has no view of its own.
    func withoutView() -> [InstanceID] {
        let running = servers.withLock { $0.compactMapValues { $0.process?.isRunning == true ? $0.process : nil } }
        return Array(running.filter { Self.viewFault(of: $0.value) != nil }.keys)
    }

    // MARK: Process

    private func observeProcess(_ order: InstanceOrder) async -> InstanceObservation.Process {
        let known = servers.withLock { $0[order.id] ?? Server() }
        if let process = known.process, process.isRunning { return .running(pid: process.pid) }
        let instance = paths.instance(order.id)
        let group: ControlGroup?
        do { group = try self.group(order) } catch { return .unclear(error.description) }
        if known.process != nil || known.wasAdopted {
            servers.withLock { $0[order.id, default: Server()].process = nil }
            if let group, !group.members().isEmpty { return .remains }
        }
        switch ServerLauncher.adopt(lockFile: instance.lock, recordFile: instance.process, group: group) {
        case .none:
            servers.withLock { $0[order.id, default: Server()].wasAdopted = true }
            return .none
        case .running(let process):
            remember(process, applied: readApplied(instance), for: order)
            logger.info("Adopted a running server", metadata: ["instance": "\(order.id)", "pid": "\(process.pid)"])
            return .running(pid: process.pid)
        case .remains: return .remains
        case .unclear(let reason): return .unclear(reason)
        }
    }

    /// Records a server, and watches for its end.
    func remember(_ process: ServerProcess, applied: AppliedState?, for order: InstanceOrder) {
        let id = order.id
        let loss = LossNote.adopt(paths.instance(id), of: process.pid)
        servers.withLock { servers in
            servers[id, default: Server()].process = process
            servers[id, default: Server()].loss = loss
            servers[id, default: Server()].applied = applied
            servers[id, default: Server()].visits = VisitRecord()
            servers[id, default: Server()].wasAdopted = true
        }
        // Out-of-memory kills are known only where the server has a cgroup.
        let group = try? plans.group(of: id)
        let kills = group?.oomKills()
        // The task ends when the process does, and holds its `ServerProcess` until then.
        Task { [self] in
            guard let status = try? await process.waitForExit() else { return }  // Never cancelled.
            let isOverLimit = (group?.oomKills() ?? 0) > (kills ?? 0)
            let why = isOverLimit ? ", by the kernel: it exceeded its memory limit" : ""
            let how = ending(order, "\(status)\(why)", isOwnDoing: !isOverLimit && status.isOwnDoing)
            exit.yield(InstanceExit(instance: id, pid: process.pid, how: how))
        }
    }

    private func readApplied(_ instance: InstancePaths) -> AppliedState? {
        guard let data = FileManager.default.contents(atPath: instance.applied) else { return nil }
        // An unreadable record counts as missing: everything is then applied again, in place.
        return try? JSON.decode(AppliedState.self, from: data)
    }

    private func probe(
        _ order: InstanceOrder, isThorough: Bool
    ) async -> (health: InstanceHealth, isHeldUp: Bool) {
        let wasHeldUp = snapshotTaking.isFreezing(order.id)
        // A server that hangs would only delay its end.
        let isDoomed = order.isToBeKilled && order.place == .fenced(mayStart: false)
        let health = isDoomed ? .unknown("it is about to be killed") : await answer(order)
        let isHeldUp = wasHeldUp || snapshotTaking.isFreezing(order.id)
        guard let process = servers.withLock({ $0[order.id]?.process }) else { return (health, isHeldUp) }
        let seen = await visited(
            await checked(health, process, order, isThorough: isThorough), process, order)
        await noteLoss(seen, process, order)
        return (seen, isHeldUp)
    }

    private func answer(_ order: InstanceOrder) async -> InstanceHealth {
        do {
            let engine = try engine(named: identity(for: order))
            return switch await engine.probe(try address(order), expecting: try expectation(order, engine)) {
            case .healthy: .healthy
            case .drifted(let drift): .drifted(drift)
            case .lockedOut(let reason): .lockedOut(reason)
            case .closed: .closed
            case .starting(let reason): .starting(reason)
            case .unhealthy(let evidence): .unhealthy(evidence)
            case .crowded(let reason): .crowded(reason)
            case .unknown(let reason): .unknown(reason)
            }
        } catch {
            return .unknown(error.description)
        }
    }

    // MARK: Directory

    private func directory(_ order: InstanceOrder) async -> InstanceObservation.Directory {
        do {
            return try await pool.run { [self] in try inspect(order) }
        } catch {
            return .unusable(error.description)
        }
    }

    /// Whether the data directory is this service's and a server can start on it. Never changes it.
    private func inspect(_ order: InstanceOrder) throws(HostFailure) -> InstanceObservation.Directory {
        if paths.isPlaceUnknown(of: order.id) { return .unusable(Self.missingPool(paths)) }
        let instance = paths.instance(order.id)
        guard let entry = try naming("read its data directory", { try Storage.look(at: instance.data) }) else {
            return .absent
        }
        guard entry.isFolder else { return .unusable("\(instance.data) is not a folder") }
        if let user = order.user, entry.owner != user.uid {
            return .unusable(
                "its data directory \(instance.data) belongs to user \(entry.owner), not to "
                    + "\(user.name); correct that with chown")
        }
        guard let data = FileManager.default.contents(atPath: instance.manifest) else {
            return .unusable(
                "\(instance.data) has no manifest next to it, so it is not known which service's data it holds")
        }
        let manifest: Manifest
        do { manifest = try JSON.decode(from: data) } catch {
            return .unusable("its manifest \(instance.manifest) cannot be read: \(error)")
        }
        guard manifest.service.uid == order.service.uid else {
            return .unusable("\(instance.data) holds the data of another service, \(manifest.service.id)")
        }
        return try versionFault(order, instance).map { .unusable($0) } ?? .present
    }

    private func versionFault(_ order: InstanceOrder, _ instance: InstancePaths) throws(HostFailure) -> String? {
        guard let engine = catalog.engine(named: order.service.engine.name) else { return nil }
        guard let version = engine.versionOfData(at: instance.data) else {
            return "\(instance.data) is not a readable data directory of \(order.service.engine.name): files are "
                + "missing or were replaced" + Self.wayBack(order.id, isRunning: false)
        }
        if let name = engine.missing(in: instance.data) {
            return "\(instance.data)/\(name) is gone" + Self.wayBack(order.id, isRunning: false)
        }
        let series = order.service.engine.version.components.prefix(engine.family.seriesLength)
        guard !version.components.starts(with: series) else { return nil }
        // During an upgrade the data are of the old version or of the new one.
        if case .upgrade(let next, _) = order.service.goal,
            version.components.starts(with: next.version.components.prefix(engine.family.seriesLength))
        {
            return nil
        }
        return "\(instance.data) was last written by \(order.service.engine.name) \(version); "
            + "\(order.service.engine) is not started on it"
    }

    // MARK: Restore

    private func restoreState(_ order: InstanceOrder) -> InstanceObservation.Restore {
        guard let keep = order.service.goal.staging else { return .notStaged }
        let instance = paths.instance(order.id)
        let files = FileManager.default
        if files.fileExists(atPath: instance.staged(keep)) { return .staged }
        return files.fileExists(atPath: instance.staging(keep)) && files.fileExists(atPath: instance.data)
            ? .placed : .notStaged
    }
}
