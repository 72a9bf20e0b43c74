import Foundation
import RoostAgentProtocol
import RoostControl
import RoostEngines
import RoostModel

/// A build of a template on the machine: from a dump or a snapshot to a finished directory that is cheap to clone.
struct TemplateBuild: Sendable {
    private static let startPatience: Duration = .seconds(300)

    let server: TemplateServer
    let templates: TemplateStore
    let job: BuildTemplate
    let order: InstanceOrder
    let log: JobLog

    private var host: LocalHost { server.host }

    func run() async throws -> TemplateVersion {
        let (start, fingerprint, title) = try await source()
        do {
            let mustLoad = try await log.step(title) { try await server.begin(start, order) }
            try await log.step("start") { try await bringUp() }
            let report = try await load(start, mustLoad)
            let own = order.service.clone?.databases ?? []
            var databases = TemplateDatabases.order(
                own: own, named: report.databases, filled: try await server.filledDatabases(order))
            if let mask = job.template.settings.mask {
                // The mask runs in the database where clones begin.
                let order = order.beginning(in: databases)
                try await log.step("mask") { try await server.run(script: mask, order) }
                databases += try await server.filledDatabases(order).filter { !databases.contains($0) }
            }
            try await log.step("finalise") { try await server.finalise(order) }
            try await log.step("stop") { try await host.stopBuild(order) }
            try Task.checkCancellation()
            let place = host.paths.freshPlace.template(job.template.name, job.version)
            let sealed = try await log.step("seal") { try await server.seal(order, as: place) }
            let version = TemplateVersion(
                id: job.version, engine: order.service.engine, databases: databases,
                applicationUser: order.service.credentials.user, method: sealed.method, size: sealed.size,
                fingerprint: fingerprint, user: order.application.user, source: job.template.source,
                settings: job.template.settings, builtAt: Date(), buildSeconds: Date().timeIntervalSince(job.began),
                notes: report.notes)
            try await templates.finish(TemplateRecord(template: job.template, version: version))
            await server.end(order)
            return version
        } catch {
            await server.end(order)
            throw error
        }
    }

    private func source() async throws -> (start: BuildStart, fingerprint: String?, title: String) {
        switch job.source {
        case .dump(let path):
            let dump = try await DumpFile.dump(at: path, type: job.template.type, catalog: host.catalog)
            return (.dump(dump), DumpFile.fingerprint(of: path), "directory")
        case .snapshot(let service, let id): return (.snapshot(service, id: id), nil, "copy snapshot")
        }
    }

    // MARK: Server

    private func bringUp() async throws {
        _ = try await host.start(order)
        let wait = ServerWait(until: .open, patience: Self.startPatience)
        let outcome = try await wait.run {
            await host.probe(order).health?.ofServer
        } open: { () async throws(HostFailure) in
            try await host.open(order)
        }
        switch outcome {
        case .reached: return
        case .ended: throw HostFailure("its server exited: \(try await lastWords())")
        case .timedOut(_, let told):
            let reason = told ?? "it does not answer"
            throw HostFailure("its server did not come up within \(Self.startPatience): \(reason)")
        case .cancelled: throw CancellationError()
        }
    }

    private func lastWords() async throws -> String {
        var lines: [String] = []
        for await line in try await host.logs(order.id, lines: 60, follow: false) { lines.append(line) }
        let causes = host.catalog.engine(named: order.service.engine.name)?.knownCauses ?? KnownCause.everywhere
        let words = LastWords.read(lines, causes: causes)
        let told = ([words.cause?.sentence].compactMap(\.self) + words.errors).joined(separator: "; ")
        return told.isEmpty ? lines.suffix(5).joined(separator: "; ") : told
    }

    /// Loads the dump. The loaded data count, not the file: a dump that loads no data makes no version.
    private func load(_ start: BuildStart, _ mustLoad: Bool) async throws -> LoadReport {
        guard case .dump(let dump) = start else { return LoadReport() }
        var report = LoadReport()
        if mustLoad {
            let log = log
            report = try await log.step("import") {
                try await server.load(dump, order) { progress in
                    log.show(
                        JobProgress(
                            text: progress.text, bytes: ByteCount(bytes: progress.bytesRead),
                            totalBytes: ByteCount(bytes: progress.bytesTotal)))
                }
            }
        }
        if try await !server.holdsData(order) {
            // Roles alone may be the first version of a template, but do not replace a version that has data.
            guard job.template.version == nil, report.statements > 0 else {
                throw HostFailure("\(dump.path) was loaded, but it holds no data")
            }
            report.notes.append(LoadContent.emptyNote)
        } else if report.content?.isEmpty == true {
            report.notes.append(LoadContent.emptyNote)
        }
        return report
    }
}

/// The order of a template's databases for load, mask and the address of clones, which begin in the first. Pure.
enum TemplateDatabases {
    /// A dump may name its databases itself. The database that Roost made then stays empty, and clones begin in the
    /// first database that the dump names and fills. `own`: the databases that Roost made, the default one first.
    static func order(own: [String], named: [String], filled: [String]) -> [String] {
        guard let first = own.first, !filled.isEmpty, !filled.contains(first) else {
            return own + filled.filter { !own.contains($0) }
        }
        let inOrder = named.filter(filled.contains)
        return inOrder + filled.filter { !inOrder.contains($0) }
    }
}

extension InstanceHealth {
    /// The instance's health as its server's: files that are gone are a fault of the server.
    fileprivate var ofServer: Health {
        switch self {
        case .healthy: .healthy
        case .drifted(let drift): .drifted(drift)
        case .lockedOut(let reason): .lockedOut(reason)
        case .closed: .closed
        case .starting(let reason): .starting(reason)
        case .unhealthy(let evidence), .filesGone(let evidence): .unhealthy(evidence)
        case .crowded(let reason): .crowded(reason)
        case .unknown(let reason): .unknown(reason)
        }
    }
}

extension InstanceOrder {
    /// The same order with other databases, of which the first is the default one.
    func beginning(in databases: [String]) -> InstanceOrder {
        var service = service
        service.spec.clone?.databases = databases
        return InstanceOrder(
            application: application, service: service, index: index, secrets: secrets, profile: profile)
    }
}

extension LoadProgress {
    /// `120.4M of 260.0M, 3400 statements`
    var text: String {
        let bytes = "\(ByteCount(bytes: bytesRead).rounded) of \(ByteCount(bytes: bytesTotal).rounded)"
        return statements > 0 ? "\(bytes), \(statements) statements" : bytes
    }
}
