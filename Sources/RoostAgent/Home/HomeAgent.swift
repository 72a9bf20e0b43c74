import Foundation
import Logging
import RoostAgentProtocol
import RoostControl
import RoostHost
import RoostModel

/// The agent of the machine that this program runs on, with the lock on its home.
package struct HomeAgent: Sendable {
    package let agent: HostAgent
    private let ready: ReadyDirectories
    private let lock: HomeLock

    /// Takes the home, makes its folders and mounts its pool. Starts nothing yet.
    package static func prepare(_ settings: AgentSettings, logger: Logger) throws(Problem) -> HomeAgent {
        let lock = try takeHome(settings.paths)
        // A pool that cannot be mounted does not affect services in the home; services in the pool report the fault.
        do throws(HostError) { try mountPool(settings.paths) } catch {
            logger.error("The pool could not be mounted", metadata: ["reason": "\(error)"])
        }
        return assemble(settings, lock, logger)
    }

    /// Prepares a home whose store is rebuilt. Nothing is made in the home. A pool that cannot be mounted is an
    /// error, because databases in it would be missing, and their ports and users given to others.
    package static func prepareRecovery(_ settings: AgentSettings, logger: Logger) throws(Problem) -> HomeAgent {
        let paths = settings.paths
        let lock: HomeLock
        do { lock = try HomeLock(home: paths.home) } catch {
            throw Problem(.daemonRunning, "\(error)", next: ["roostd stop --home \(paths.home), then try again"])
        }
        do throws(HostError) { try mountPool(paths) } catch {
            throw Problem(
                .failed, "the pool \(paths.poolImage) could not be mounted, so its content cannot be read: \(error)",
                next: ["mount it at \(paths.pool), then try again"])
        }
        return assemble(settings, lock, logger)
    }

    private static func assemble(_ settings: AgentSettings, _ lock: HomeLock, _ logger: Logger) -> HomeAgent {
        let parts = HomeParts(settings, logger)
        let secrets = parts.secrets
        let agent = HostAgent(
            parts: AgentParts(
                host: parts.host, planner: InstancePlanner(), key: { () throws(Problem) in try secrets.key() },
                logger: logger)
        ) { calls, boards in parts.register(in: &calls, boards) }
        return HomeAgent(agent: agent, ready: parts.ready, lock: lock)
    }

    /// Called after the agent has ended. Afterwards another agent may take the home.
    package func end() async {
        await agent.stop()
        await ready.stop()
        withExtendedLifetime(lock) {}
    }

    // MARK: The home

    private static func takeHome(_ paths: HomePaths) throws(Problem) -> HomeLock {
        do {
            // Checked now, not at a server's first start: as root, servers run as users who pass through the home.
            try HomeFolder.check(paths.home, user: Machine.isRoot ? ServerUsers.pool().first : nil)
            try HomeFolder.refuseForeign(paths.home, ours: HomePaths.names)
            // Servers' users pass through the home and cannot list it. An existing home keeps its mode.
            if try Storage.look(at: paths.home) == nil {
                try Storage.makeFolder(paths.home, mode: 0o711, owner: nil)
            }
        } catch { throw Problem(.failed, "\(error)") }
        let lock: HomeLock
        do { lock = try HomeLock(home: paths.home) } catch {
            throw Problem(
                .daemonRunning, "\(error)", next: ["use the running one, or give this one another --home"])
        }
        do {
            for folder in [paths.applications, paths.engines, paths.engineWork, paths.builds, paths.sources] {
                try Storage.makeFolder(folder, mode: 0o711, owner: nil)
            }
            for folder in [paths.router, paths.images, paths.dumps, paths.imports] {
                try Storage.makeFolder(folder, mode: 0o700, owner: nil)
            }
            try Storage.makeFolder(paths.authority, mode: 0o711, owner: nil)
            // An earlier version made the folder for itself alone. Programs of every user read the certificate in it;
            // where the mode cannot be changed, they take it from `roost ca`.
            _ = chmod(paths.authority, 0o711)
            try paths.homePlace.makeFolders()
        } catch { throw Problem(.failed, "the home folder could not be prepared: \(error)") }
        return lock
    }

    private static func mountPool(_ paths: HomePaths) throws(HostError) {
        guard FileManager.default.fileExists(atPath: paths.poolImage) else { return }
        try PoolImage(home: paths.home).mount()
        try paths.poolPlace.makeFolders()
    }
}
