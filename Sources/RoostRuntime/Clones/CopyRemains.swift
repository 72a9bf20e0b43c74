import Foundation
import Logging
import RoostHost
import RoostModel
import RoostSecrets

/// What a daemon that died left of snapshots, templates and clones in the making, and what a crash of the machine left of
/// clones. Cleared before anything is made.
struct CopyRemains: Sendable {
    let paths: HomePaths
    let records: Records
    let host: any MachineHost
    let events: EventLog
    let pool: BlockingPool
    let logger: Logger

    /// `services`: as they are known at the start.
    func clear(_ services: [Service]) async throws(Problem) {
        let templates = try await records.templates().map(\.value)
        let known = templates.map { ($0.name, Set([$0.version?.id].compactMap(\.self))) }
        await host.sweepBuildsOfTemplates(keeping: Dictionary(known, uniquingKeysWith: { $1 }))
        for template in templates where template.building != nil { try await forgetBuild(template.name) }
        await sweepRemovals()
        try await sweepSnapshots()
        for service in services { try await resetIfTorn(service) }
    }

    /// Builds end with their daemon.
    private func forgetBuild(_ name: TemplateName) async throws(Problem) {
        try await records.update(name) { template in
            var template = template
            template.building = nil
            if template.version == nil { template.failure = "roostd ended before it was built" }
            return template
        }
    }

    /// What was half removed.
    private func sweepRemovals() async {
        do {
            try await pool.run { [paths] in
                func folders(in folder: String) -> [String] { LocalHost.names(in: folder).map { "\(folder)/\($0)" } }
                for place in paths.places {
                    let applications = folders(in: place.snapshots)
                    let roots =
                        [place.templates, place.templateWork] + folders(in: place.templates) + applications
                        + applications.flatMap { folders(in: $0) } + [place.instances(of: .clones)]
                        + folders(in: place.instances(of: .clones))
                    for root in roots
                    where FileManager.default.fileExists(atPath: root) && !root.hasSuffix(Storage.unfinished) {
                        _ = try Storage.sweepUnfinished(in: root)
                    }
                }
            }
        } catch {
            logger.warning("What was half removed still stands", metadata: ["reason": "\(error)"])
        }
    }

    private func sweepSnapshots() async throws(Problem) {
        let needed = try await records.snapshotsInUse()
        do { try await pool.run { [paths] in try SnapshotFolder(paths: paths).sweepHalves(keeping: needed) } } catch {
            logger.warning("Half a snapshot could not be removed", metadata: ["reason": "\(error)"])
        }
    }

    /// A clone that does not wait for the disk may be torn after a crash of the machine: it is copied anew. One whose
    /// template is gone has nothing to be copied from, and is tried as it is.
    private func resetIfTorn(_ service: Service) async throws(Problem) {
        // A reset of before the crash begins anew: its copy may be torn as well.
        guard let clone = service.clone, !clone.isDurable, service.status.copiedInBoot != Machine.bootID,
            service.isRunningOrReset, !paths.isPoolMissing
        else { return }
        // One that was never copied will be.
        let isCopied = FileManager.default.fileExists(atPath: paths.instance(InstanceID(service.id, 0)).data)
        guard isCopied || service.intent != .run || service.instances.allSatisfy(\.seeded) else { return }
        let name = clone.name.map { "clone \($0)" } ?? "a clone for the pool"
        let subject = "\(name) of \(clone.origin.source)"
        var version: TemplateVersion?
        if case .template(let source, _) = clone.origin {
            version = try await records.template(source).flatMap {
                service.isClone(of: $0.value) ? $0.value.version : nil
            }
        }
        if case .template = clone.origin, version == nil {
            try await records.updateStatus(service.id) { service in Self.copiedNow(service.status) }
            await events.add(
                "clone_kept", "\(subject) is as the machine left it, perhaps torn: its template is gone")
        } else {
            try await reset(service.id, to: version)
            await events.add("clone_reset", "\(subject) is copied anew: the machine was started again since")
        }
    }

    /// Nobody else writes either document before the daemon's parts run, so both are written here in one commit.
    private func reset(_ id: ServiceID, to version: TemplateVersion?) async throws(Problem) {
        guard let found = try await records.service(id) else { return }
        var spec = found.value.spec
        spec.advance()
        if let version, case .template(let template, _) = spec.clone?.origin { spec.follow(version, of: template) }
        spec.ask(for: .reset(id: Passwords.identifier(bytes: 6)), engine: version?.engine)
        try await records.commit([
            Records.put(spec, at: Records.specKey(id), expecting: found.specRevision),
            Records.put(
                Self.copiedNow(found.value.status), at: Records.statusKey(id), expecting: found.statusRevision),
        ])
    }

    private static func copiedNow(_ status: ServiceStatus) -> ServiceStatus {
        var status = status
        status.copiedInBoot = Machine.bootID
        return status
    }
}

extension Service {
    fileprivate var isRunningOrReset: Bool {
        switch intent {
        case .run, .reset: true
        case .restore, .upgrade, .image, .move, .destroy: false
        }
    }
}
