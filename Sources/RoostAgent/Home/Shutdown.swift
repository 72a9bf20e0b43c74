import Foundation
import Glibc
import RoostEngines
import RoostHost
import RoostModel

/// Ends a home's programs from outside, as `roostd stop` does: first the daemon, then databases and router.
package struct Shutdown: Sendable {
    private static let patience: Duration = .seconds(150)
    private let paths: HomePaths

    package init(home: String) { paths = HomePaths(home: home) }

    /// Ends the daemon and waits until its lock is free. False if no daemon ran.
    package func stopDaemon() async throws(Problem) -> Bool {
        guard let holder = try lockHolder() else { return false }
        guard let holder = holder.pid, kill(holder, SIGTERM) == 0 else {
            throw Problem(.failed, "roostd holds \(paths.lock), but its process cannot be signalled")
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if try lockHolder() == nil { return true }
            // The free lock tells that the daemon has ended. A cancelled sleep only looks again sooner.
            try? await Task.sleep(for: .milliseconds(10))
        }
        throw Problem(.timedOut, "roostd (process \(holder)) did not stop within 30 s")
    }

    /// Refuses to stop servers that alone hold the content of removed files.
    package func refuseLoss() throws(Problem) {
        let catalog = EngineCatalog(addedBuilds: paths.engines)
        let losses = ManifestFolder(paths: paths).all().found.compactMap { manifest -> String? in
            let id = InstanceID(manifest.service.id, manifest.index)
            let instance = paths.instance(id)
            guard case .running(let process) = adopt(instance, group: nil),
                let engine = catalog.engine(named: manifest.service.engine.name)
            else { return nil }
            return LocalHost.loss(process.pid, id, instance, engine.landmarks(of: instance.data)).map { "\(id): \($0)" }
        }
        guard !losses.isEmpty else { return }
        throw Problem(
            .conflict, "nothing was stopped. " + losses.joined(separator: ". "),
            next: ["'roostd stop --services --force' stops them anyway, and the data that only they hold is lost"])
    }

    private func adopt(_ instance: InstancePaths, group: ControlGroup?) -> Adoption {
        ServerLauncher.adopt(lockFile: instance.lock, recordFile: instance.process, group: group)
    }

    /// Ends all databases cleanly, all at once, then the router. The daemon must not run. Returns the names of the
    /// stopped instances.
    package func stopServices() async throws(Problem) -> [String] {
        let lock: HomeLock
        do { lock = try HomeLock(home: paths.home) } catch { throw Problem(.daemonRunning, "\(error)") }
        let catalog = EngineCatalog(addedBuilds: paths.engines)
        let groups = ControlGroups.detect(homeTag: HomeFolder.tag(of: paths.home))
        let manifests = ManifestFolder(paths: paths).all().found
        let stopped: [String]
        do {
            stopped = try await withThrowingTaskGroup(of: String?.self) { group in
                for manifest in manifests {
                    let signal = catalog.engine(named: manifest.service.engine.name)?.stopSignal ?? SIGTERM
                    group.addTask { try await self.stop(manifest, signal: signal, groups) }
                }
                var names: [String] = []
                for try await name in group { names += name.map { [$0] } ?? [] }
                return names.sorted()
            }
            try await stopBuilds(groups)
            if await RouterConnection.shutDownRouter(at: paths.routerSocket) { try await waitForRouter() }
            groups.removeEmpty()
            // No process uses the pool any more; the next start of roostd mounts it again.
            if paths.hasPool { try PoolImage(home: paths.home).unmount() }
        } catch { throw Problem(.failed, "\(error)") }
        withExtendedLifetime(lock) {}
        return stopped
    }

    private func stop(_ manifest: Manifest, signal: Int32, _ groups: ControlGroups) async throws -> String? {
        let id = InstanceID(manifest.service.id, manifest.index)
        let instance = paths.instance(id)
        let group = groups.areAvailable ? try groups.group(id.groupName) : nil
        let remains = ServerRemains(lockFile: instance.lock, recordFile: instance.process, group: group)
        switch adopt(instance, group: group) {
        case .none:
            try group?.remove()
            return nil
        case .unclear(let reason): throw HostFailure("\(id): \(reason)")
        case .remains: break
        case .running(let process):
            try process.signal(signal)
            try await wait(for: process)
        }
        try await remains.killAll()
        try group?.remove()
        return "\(id)"
    }

    /// Kills the servers of template builds that a killed daemon left behind. Otherwise a build ends with its daemon.
    private func stopBuilds(_ groups: ControlGroups) async throws {
        for place in paths.places {
            for name in HomeDisk.names(in: place.templateWork) {
                let instance = InstancePaths(folder: "\(place.templateWork)/\(name)")
                let group = groups.areAvailable ? try groups.group("\(ApplicationName.builds).\(name)") : nil
                try await ServerRemains(
                    lockFile: instance.lock, recordFile: instance.process, group: group
                ).killAll()
                try group?.remove()
            }
        }
    }

    private func waitForRouter() async throws {
        switch ServerLauncher.adopt(lockFile: paths.routerLock, recordFile: paths.routerRecord, group: nil) {
        case .running(let process): try await wait(for: process)
        case .none, .remains, .unclear: break
        }
    }

    private func wait(for process: ServerProcess) async throws {
        guard await process.waitForExit(within: Self.patience) == nil else { return }
        try Task.checkCancellation()
        throw HostFailure("process \(process.pid) did not end within \(Self.patience)")
    }

    private func lockHolder() throws(Problem) -> (pid: Int32?, Void)? {
        do throws(HostError) {
            // The lock is taken and given back at once.
            _ = try HomeLock(home: paths.home)
            return nil
        } catch {
            guard case .homeHeld(_, let pid) = error else { throw Problem(.failed, "\(error)") }
            return (pid, ())
        }
    }
}
