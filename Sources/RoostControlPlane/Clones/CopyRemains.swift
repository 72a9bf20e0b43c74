import Foundation
import Logging
import RoostAgentProtocol
import RoostModel
import RoostSecrets

/// Clears what a daemon that died left of unfinished snapshots, templates and clones, and resets clones that a crash
/// of the machine may have torn. Runs before anything is made.
struct CopyRemains: Sendable {
    let records: Records
    let machine: KnownMachine
    let events: EventLog
    /// Operations whose work is carried out again.
    let resumed: Set<String>
    let logger: Logger

    /// `services`: the services that are known at the start.
    func clear(_ services: [Service]) async throws(Problem) {
        let templates = try await records.templates().map(\.value)
        let known = templates.map { ($0.name, Set([$0.version?.id].compactMap(\.self))) }
        let instances = services.flatMap { service in service.instances.map { InstanceID(service.id, $0.index) } }
        _ = try await machine.agent.run(
            ClearRemains(
                instances: instances, templates: Dictionary(known, uniquingKeysWith: { $1 }),
                snapshots: try await records.snapshotsInUse()))
        for template in templates {
            if let build = template.building, !resumed.contains(build) { try await forgetBuild(template) }
        }
        try await resetTorn(services)
    }

    /// Forgets a build that ended with its daemon and does not begin again.
    private func forgetBuild(_ template: Template) async throws(Problem) {
        var fingerprint: String?
        if case .dump(let path, _) = template.source {
            // Without a fingerprint the dump is tried again.
            fingerprint = try? await machine.agent.call(FingerprintDump(path)).fingerprint
        }
        try await records.update(template.name) { [fingerprint] template in
            var template = template
            template.building = nil
            // A watched dump that ended its daemons is not tried again before it changes.
            template.failedFingerprint = fingerprint
            if template.version == nil { template.failure = "roostd stopped before it was built" }
            return template
        }
    }

    private func resetTorn(_ services: [Service]) async throws(Problem) {
        // A reset from before the crash begins anew: its copy may be torn as well.
        let torn = services.filter { service in
            service.clone.map { !$0.isDurable } ?? false && service.status.copiedInBoot != machine.facts.boot
                && service.isRunningOrReset
        }
        guard !torn.isEmpty, try await machine.agent.call(LookAtPool()) != .missing else { return }
        let places = try await machine.agent.call(FindInstances(torn.map { InstanceID($0.id, 0) }))
        for (service, place) in zip(torn, places) { try await reset(service, isCopied: place.hasData) }
    }

    /// A clone that is not durable may be torn after a crash of the machine, so it is copied anew. A clone whose
    /// template is gone has no source to copy, and is started as it is.
    private func reset(_ service: Service, isCopied: Bool) async throws(Problem) {
        guard let clone = service.clone else { return }
        // A clone that was never copied will be copied anyway.
        guard isCopied || service.goal != .run || service.instances.allSatisfy(\.seeded) else { return }
        let name = clone.name.map { "clone \($0)" } ?? "a clone for the pool"
        let subject = "\(name) of \(clone.origin.source)"
        var version: TemplateVersion?
        if case .template(let source, _) = clone.origin {
            version = try await records.template(source).flatMap {
                service.isClone(of: $0.value) ? $0.value.version : nil
            }
        }
        if case .template = clone.origin, version == nil {
            try await records.updateStatus(service.id) { service in copiedNow(service.status) }
            await events.add(
                "clone_kept",
                "\(subject) may be corrupt since the machine's restart and cannot be copied again: its template is gone"
            )
        } else {
            try await reset(service.id, to: version)
            await events.add("clone_reset", "\(subject) is being copied again, because the machine was restarted")
        }
    }

    /// No other part of the daemon writes these documents before it runs, so both are written here in one commit.
    private func reset(_ id: ServiceID, to version: TemplateVersion?) async throws(Problem) {
        guard let found = try await records.service(id) else { return }
        var spec = found.value.spec
        spec.advance()
        if let version, case .template(let template, _) = spec.clone?.origin { spec.follow(version, of: template) }
        spec.ask(for: .reset(id: Passwords.identifier(bytes: 6)), engine: version?.engine)
        try await records.commit([
            Records.put(spec, at: Records.specKey(id), expecting: found.specRevision),
            Records.put(
                copiedNow(found.value.status), at: Records.statusKey(id), expecting: found.statusRevision),
        ])
    }

    private func copiedNow(_ status: ServiceStatus) -> ServiceStatus {
        var status = status
        status.copiedInBoot = machine.facts.boot
        return status
    }
}

extension Service {
    fileprivate var isRunningOrReset: Bool {
        switch goal {
        case .run, .reset: true
        case .restore, .upgrade, .image, .move, .promote, .failover, .destroy: false
        }
    }
}
