import Foundation
import Logging
import RoostAgentProtocol
import RoostModel
import RoostSecrets
import RoostStore
import ServiceLifecycle

/// Puts the control plane together, in the order in which its parts need each other.
package struct Daemon {
    package let platform: Platform
    /// Long-lived parts. The end of any of them ends the daemon, and systemd starts it again.
    package let services: [any ServiceLifecycle.Service]
    private let assembly: Assembly

    /// Reads the home's state and connects the parts; starts nothing yet. `agent`: the machine's agent, which has
    /// taken the home for itself. `sender`: makes requests to webhooks.
    package static func prepare(
        _ settings: DaemonSettings, agent: any Agent, sender: any WebhookSender, logger: Logger
    ) async throws(Problem) -> Daemon {
        let paths = settings.paths
        let machine = KnownMachine(agent: agent, facts: try await agent.hello())
        let store = try await openStore(paths, agent, logger)
        let records = Records(store: store)
        let services = try await records.services().map(\.value)
        try await refuseStrangers(paths, agent, known: services)
        let hasNotifySecrets = try await records.hasNotifySecrets()
        let key = try loadKey(paths, hasSecrets: hasNotifySecrets || !services.isEmpty)
        _ = try await agent.call(Unlock())
        let assembly = Assembly(
            settings: settings, machine: machine, records: records, key: key, sender: sender, logger: logger)
        let interrupted = try await assembly.load(services)
        return Daemon(
            platform: assembly.platform(), services: assembly.parts(store, services, resuming: interrupted),
            assembly: assembly)
    }

    /// Ends the work that was asked of the agent; called after the parts have ended.
    package func end() async { await assembly.end() }

    // MARK: The state

    private static func openStore(
        _ paths: StatePaths, _ agent: any Agent, _ logger: Logger
    ) async throws(Problem) -> SQLiteStore {
        try await refuseLostStore(paths, agent)
        let store: SQLiteStore
        do throws(StoreError) {
            store = try SQLiteStore.open(path: paths.store)
            try store.checkIntegrity()
        } catch { throw Problem(error) }
        try await DocumentMigration(store: store, logger: logger).run()
        return store
    }

    /// A home with databases but without a store has lost its store; an empty store in its place would only hide
    /// that.
    private static func refuseLostStore(_ paths: StatePaths, _ agent: any Agent) async throws(Problem) {
        guard !FileManager.default.fileExists(atPath: paths.store), !SQLiteStore.isBeingReplaced(paths.store) else {
            return
        }
        let standing = try await agent.call(ReadManifests())
        let templates = try await agent.call(ListTemplateVersions())
        guard !standing.found.isEmpty || !standing.leftAlone.isEmpty || !templates.isEmpty else { return }
        throw Problem(
            .storeUnreadable, "the store \(paths.store) is missing, but there are databases under \(paths.home)",
            next: ["roost recover --home \(paths.home)"])
    }

    /// A store that does not know a database in the home is an older store, or an unfinished result of a recovery.
    /// Running with it would give that database's ports and user to others.
    private static func refuseStrangers(
        _ paths: StatePaths, _ agent: any Agent, known services: [RoostModel.Service]
    ) async throws(Problem) {
        let known = Set(services.map(\.uid))
        let strangers = try await agent.call(ReadManifests()).found.map(\.manifest.service)
            .filter { !known.contains($0.uid) }
        guard let first = strangers.first else { return }
        throw Problem(
            .storeUnreadable,
            "the store \(paths.store) does not contain \(strangers.count) database(s) found under \(paths.home), "
                + "for example \(first.id)",
            next: ["roost recover --home \(paths.home)", "or move folders that do not belong here elsewhere"])
    }

    /// A key is made for a new home only: where sealed secrets exist, a new key would hide the loss of the old one.
    private static func loadKey(_ paths: StatePaths, hasSecrets: Bool) throws(Problem) -> HomeKey {
        do {
            return hasSecrets ? try HomeKey.load(path: paths.key) : try HomeKey.loadOrMake(path: paths.key)
        } catch {
            throw Problem(
                .failed, "the key file \(paths.key) cannot be used: \(error)",
                next: ["restore the key file from a backup of the home folder"])
        }
    }
}
