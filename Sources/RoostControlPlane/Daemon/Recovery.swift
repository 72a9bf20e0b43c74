import Foundation
import Logging
import RoostAgentProtocol
import RoostModel
import RoostSecrets
import RoostStore

/// Rebuilds a lost or unreadable store from the manifests beside the databases.
///
/// Nothing is deleted: an unreadable store is kept under another name, and directories whose manifest cannot be read
/// are reported and left alone.
package struct Recovery {
    let paths: StatePaths
    /// The agent of the home, which has taken the home for itself. It looks after no instance.
    let agent: any Agent

    package struct Report: Codable, Equatable, Sendable {
        package var services: [String] = []
        /// The new path of the previous store; null if there was none.
        @Nullable package var earlierStore: String?
        /// Folders that were left alone, with the reason.
        package var leftAlone: [String] = []
        package var epoch: UInt64 = 0
    }

    package init(home: String, agent: any Agent) {
        paths = StatePaths(home: home)
        self.agent = agent
    }

    /// A store that is whole and knows every database here is replaced only with `evenIfWhole`: tokens, events and
    /// applications without services are not in the manifests.
    package func run(evenIfWhole: Bool) async throws(Problem) -> Report {
        guard FileManager.default.fileExists(atPath: paths.key) else {
            throw Problem(
                .failed, "the key file \(paths.key) is missing; without it, no password can be read",
                next: ["restore the key file from a backup of the home folder"])
        }
        var report = Report()
        let manifests = try await agent.call(ReadManifests())
        report.leftAlone = manifests.leftAlone
        let templates = try await agent.call(ListTemplateVersions())
        guard !manifests.found.isEmpty || !templates.isEmpty else {
            throw Problem(.notFound, "no manifests were found under \(paths.home); nothing was changed")
        }
        if !evenIfWhole, try await storeIsWhole(manifests.found.map(\.manifest)) {
            throw Problem(
                .confirmationNeeded,
                "the store \(paths.store) is intact and contains all \(manifests.found.count) instance(s); "
                    + "recovering would lose its tokens and events", next: ["roost recover --yes"])
        }
        let draft = "\(paths.store).recovered"
        do {
            // An unfinished draft of an earlier recovery is moved aside.
            _ = try SQLiteStore.setAside(path: draft)
            try await write(manifests.found, templates, to: draft, &report)
            report.earlierStore = try SQLiteStore.setAside(path: paths.store)
            try SQLiteStore.setCopyAside(of: paths.store)
            // A store at its final path is complete. A crash before this leaves no store, and roostd refuses to start
            // without one.
            try SQLiteStore.publish(draft: draft, as: paths.store)
        } catch let error as StoreError { throw Problem(error) } catch let problem as Problem { throw problem } catch {
            throw Problem(.failed, "\(error)")
        }
        return report
    }

    /// Whether the store can be read and holds every service that a manifest names.
    private func storeIsWhole(_ manifests: [Manifest]) async throws(Problem) -> Bool {
        guard FileManager.default.fileExists(atPath: paths.store) else { return false }
        do {
            let store = try SQLiteStore.open(path: paths.store)
            defer { store.close() }
            try store.checkIntegrity()
            try await DocumentMigration(store: store, logger: Logger(label: "roost.recovery")).run()
            let known = Set(try await Records(store: store).services().map(\.value.uid))
            return manifests.allSatisfy { known.contains($0.service.uid) }
        } catch StoreError.full(let reason) {
            // The store may be whole, and must not be replaced without a check.
            throw Problem(StoreError.full(reason))
        } catch let problem as Problem where problem.code == .diskFull {
            throw problem
        } catch {
            return false
        }
    }

    // MARK: Writing

    private func write(
        _ found: [ReadManifests.Found], _ versions: [TemplateRecord], to path: String, _ report: inout Report
    ) async throws(Problem) {
        let manifests = found.map(\.manifest)
        // Instances with data were seeded once, whatever their last manifest says.
        let seeded = Set(found.filter(\.hasData).map { InstanceID($0.manifest.service.id, $0.manifest.index) })
        let epoch = (manifests.map(\.service.epoch).max() ?? 0) + 1
        var applications: [ApplicationName: Application] = [:]
        var services: [ServiceID: Service] = [:]
        for manifest in manifests.sorted(by: { $0.service.generation < $1.service.generation }) {
            // The newest manifest of a service, and of its application, counts.
            applications[manifest.application.name] = manifest.application
            services[manifest.service.id] = manifest.service
        }
        // Members and the primary change without a new generation, so the status with the highest epoch counts.
        for manifest in manifests.sorted(by: { $0.service.epoch < $1.service.epoch })
        where manifest.service.uid == services[manifest.service.id]?.uid
            && manifest.service.epoch > services[manifest.service.id]?.epoch ?? .max
        {
            services[manifest.service.id]?.status = manifest.service.status
        }
        var allocations = Allocations()
        for name in applications.keys {
            applications[name]?.isEnding = false
            allocations.users.insert(applications[name]?.user.name ?? "")
        }
        var writes: [StoreWrite] = []
        for var service in services.values.sorted(by: { $0.id < $1.id }) {
            service.status.epoch = epoch
            service.spec.advance()
            for member in service.instances
            where member.reseeding == nil && seeded.contains(InstanceID(service.id, member.index)) {
                _ = service.status.markSeeded(member.index)
            }
            // The manifest may be of a member that was not told of the last change: nobody is known to acknowledge.
            if let record = service.status.synchronous {
                service.status.synchronous = .init(voters: record.voters, isInForce: false, since: Date())
            }
            allocations.claim(service)
            if !(applications[service.id.application]?.order.contains(service.id.service) ?? true) {
                applications[service.id.application]?.order.append(service.id.service)
            }
            if let name = service.clone?.name {
                try writes.append(
                    Records.put(CloneIndex(service: service.id), at: Records.key(name), expecting: nil))
            }
            try writes += Records.creation(of: service)
            report.services.append("\(service.id)")
        }
        for application in applications.values {
            try writes.append(Records.put(application, at: Records.key(application.name), expecting: 0))
        }
        try writes += Self.templates(versions)
        try writes.append(Records.put(allocations, at: Allocations.key, expecting: 0))
        report.epoch = epoch
        do throws(StoreError) {
            let store = try SQLiteStore.open(path: path)
            defer { store.close() }
            // Written in batches, because the store limits the writes of one commit.
            for start in stride(from: 0, to: writes.count, by: 200) {
                try await store.commit(Array(writes[start..<min(start + 200, writes.count)]))
            }
        } catch { throw Problem(error) }
    }
}

extension Recovery {
    /// Templates to store, each with its newest version.
    private static func templates(_ versions: [TemplateRecord]) throws(Problem) -> [StoreWrite] {
        var newest: [TemplateName: TemplateRecord] = [:]
        for record in versions { newest[record.template.name] = record }
        var writes: [StoreWrite] = []
        for record in newest.values {
            var template = record.template
            template.version = record.version
            template.building = nil
            template.failure = nil
            try writes.append(Records.put(template, at: Records.key(template.name), expecting: 0))
        }
        return writes
    }
}

extension Allocations {
    /// Enters the ports, server ids and users that a service already has.
    fileprivate mutating func claim(_ service: Service) {
        ports.formUnion([service.endpoint, service.readEndpoint])
        for instance in service.instances {
            ports.formUnion([instance.port, instance.internalPort])
            nextServerID = max(nextServerID, instance.serverID + 1)
        }
        for port in service.custom?.ports ?? [] { ports.formUnion([port.endpoint, port.internalPort]) }
        if let user = service.custom?.user { users.insert(user.name) }
        if let user = service.clone?.user { users.insert(user.name) }
    }
}
