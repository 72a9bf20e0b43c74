import Foundation
import RoostAgentProtocol
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import Synchronization

extension LocalHost {
    /// Lets the engine check settings. Throws `.configRefused` with the engine's own words.
    package func check(
        config: [String: String], memory: ByteCount, engine identity: EngineIdentity
    ) async throws(Problem) {
        guard let engine = catalog.engine(named: identity.name), let build = catalog.successor(of: identity) else {
            throw Problem(.engineNotFound, "\(identity) is not on this machine", next: ["roost engine ls"])
        }
        do { try await engine.check(config: config, memory: memory, build: build) } catch { throw Problem(error) }
    }

    /// Checks that the engine has these extensions. Throws `.configRefused` with what to install.
    package func check(extensions: [String], engine identity: EngineIdentity) async throws(Problem) {
        guard let engine = catalog.engine(named: identity.name), let build = catalog.successor(of: identity) else {
            throw Problem(.engineNotFound, "\(identity) is not on this machine", next: ["roost engine ls"])
        }
        do { try engine.accept(extensions: extensions, build: build) } catch { throw Problem(error) }
    }

    package func users(_ order: InstanceOrder) async throws(Problem) -> [EngineUser] {
        let (engine, plan) = try administration(order)
        do { return try await engine.accounts().users(plan) } catch { throw Problem(error) }
    }

    package func addUser(_ name: String, password: String, _ order: InstanceOrder) async throws(Problem) {
        let (engine, plan) = try administration(order)
        do { try await engine.accounts().addUser(name, password: password, plan: plan) } catch { throw Problem(error) }
    }

    package func removeUser(_ name: String, _ order: InstanceOrder) async throws(Problem) {
        let (engine, plan) = try administration(order)
        do { try await engine.accounts().removeUser(name, plan: plan) } catch { throw Problem(error) }
    }

    package func client(
        _ wanted: ClientOfferRequest, host: String, port: PortNumber, _ order: InstanceOrder
    ) async throws(Problem) -> ClientOffer {
        let (engine, plan) = try administration(order)
        let build = catalog.successor(of: order.service.engine)
        let arguments = try Self.export(wanted, engine, plan, build) ?? wanted.arguments
        let account: ExportAccount?
        do throws(EngineError) {
            account =
                wanted.export == nil ? nil : try await (engine.exporting as? any ExportAccounts)?.exportAccount(plan)
        } catch { throw Problem(error) }
        let request = ClientRequest(
            arguments: arguments, endsAtFirstError: wanted.endsAtFirstError ?? false, host: host, port: port,
            user: account?.user ?? plan.shownUser, password: account?.password ?? plan.shownPassword,
            database: plan.databases.first ?? "",
            authority: plan.certificate?.authority)
        do throws(EngineError) {
            let command = try engine.client(request, build: build)
            return ClientOffer(
                arguments: command.arguments, environment: command.variables.values,
                unset: command.variables.cleared, files: command.files, path: command.path)
        } catch {
            let problem = Problem(error)
            throw Problem(
                problem.code, Hint.addressed(problem.message, to: order.service.id), next: problem.nextSteps)
        }
    }

    /// Arguments that write an export. Nil if no export is asked for.
    private static func export(
        _ wanted: ClientOfferRequest, _ engine: any Engine, _ plan: ServerPlan, _ build: EngineBuild?
    ) throws(Problem) -> [String]? {
        guard let text = wanted.export else { return nil }
        guard let exporting = engine.exporting, let usual = exporting.exportFormats.first else {
            throw Problem(.usage, "\(engine.family.name) has no export")
        }
        let known = exporting.exportFormats
        guard let format = text.isEmpty ? usual : ExportFormat(rawValue: text), known.contains(format) else {
            throw Problem(
                .usage,
                "\(engine.family.name) is not exported as '\(text)'; there is \(known.map(\.rawValue).joined(separator: ", "))"
            )
        }
        if wanted.database != nil, engine.family.fixedDatabase != nil {
            throw Problem(.usage, "\(engine.family.name) is exported whole, and has no databases by name")
        }
        return exporting.exportCommand(format, database: wanted.database ?? plan.databases.first ?? "", build: build)
    }

    private func administration(_ order: InstanceOrder) throws(Problem) -> (engine: any Engine, plan: ServerPlan) {
        guard let engine = catalog.engine(named: order.service.engine.name) else {
            throw Problem(.engineNotFound, "there is no engine '\(order.service.engine.name)' in this Roost")
        }
        do { return (engine, try serverPlan(order)) } catch { throw Problem(.failed, error.description) }
    }

    // MARK: Logs

    package func logs(_ id: InstanceID, lines: Int, follow: Bool) async throws(Problem) -> AsyncStream<String> {
        let path = paths.instance(id).log
        do {
            if follow { return LogFile.follow(path, last: lines) }
            let tail = try await pool.run { try LogFile.tail(path, lines: lines) }
            return AsyncStream { stream in
                for line in tail { stream.yield(line) }
                stream.finish()
            }
        } catch { throw Problem(.failed, "the log of \(id.name) cannot be read: \(error)") }
    }

    // MARK: Snapshots

    package func snapshots() async throws(Problem) -> [SnapshotInfo] {
        do {
            return try await bulk.run { [paths] in
                try SnapshotFolder(paths: paths).all().map { snapshot in
                    SnapshotInfo(
                        id: snapshot.id, application: "\(snapshot.manifest.application.name)",
                        service: "\(snapshot.manifest.service.id.service)",
                        engine: "\(snapshot.manifest.service.engine)",
                        reason: snapshot.reason, method: snapshot.method,
                        pauseMilliseconds: snapshot.pauseMilliseconds, createdAt: snapshot.createdAt,
                        expiresAt: snapshot.expiresAt,
                        sizeBytes: try Storage.size(of: paths.snapshot(snapshot.manifest.service.id, snapshot.id).data))
                }
            }
        } catch { throw Problem(.failed, "the snapshots cannot be read: \(error)") }
    }

    package func snapshotRecord(_ id: ServiceID, _ snapshot: String) async throws(Problem) -> SnapshotRecord? {
        do {
            return try await pool.run { [paths] in SnapshotFolder(paths: paths).find(id, snapshot) }
        } catch { throw Problem(.failed, "the snapshots cannot be read: \(error)") }
    }

    // MARK: The machine

    package func usage(_ subjects: [MeasureUsage.Subject]) async -> [UsageInfo] {
        var infos: [UsageInfo] = []
        for subject in subjects {
            let id = subject.id
            let instance = paths.instance(id)
            let process = servers.withLock { $0[id]?.process }
            // Without a control group, or if the server is outside of it, memory is read from the process. A folder
            // that cannot be read counts as empty.
            let holder = (try? group(of: id)).flatMap { group in
                process.map { group.strays(among: [$0.pid]).isEmpty } ?? true ? group : nil
            }
            let used = holder?.usage()
            let memory =
                used?.memoryBytes ?? process.flatMap { Machine.processMemory(pid: $0.pid)?.resident }
                ?? ByteCount(bytes: 0)
            let disk = (try? await bulk.run { try Storage.size(of: instance.data) }) ?? ByteCount(bytes: 0)
            let percent = used.flatMap { cpuPercent(id, seconds: $0.cpuSeconds) }
            infos.append(
                UsageInfo(
                    application: "\(id.service.application)", instance: id.name, pid: process?.pid,
                    cpuPercent: percent, memoryBytes: memory, memoryLimitBytes: subject.memoryLimit,
                    diskBytes: disk, connections: 0))
        }
        return infos
    }

    /// CPU time since the last look, in percent of one core. Nil at the first look.
    private func cpuPercent(_ id: InstanceID, seconds: Double) -> Double? {
        let now = ContinuousClock.now
        return servers.withLock { servers in
            defer { servers[id]?.cpu = (seconds, now) }
            guard let last = servers[id]?.cpu else { return nil }
            let elapsed = last.at.duration(to: now) / .seconds(1)
            return elapsed > 0 ? max(0, (seconds - last.seconds) / elapsed * 100) : nil
        }
    }

    package func machine(instances: Int, version: String) async -> MachineInfo {
        MachineInfo(
            name: "local", state: "up", cores: Machine.cores, memoryBytes: Machine.memoryTotal,
            memoryAvailableBytes: Machine.memoryAvailable,
            // If free space cannot be read, report zero.
            diskFreeBytes: (try? Storage.freeSpace(at: paths.home)) ?? ByteCount(bytes: 0), instances: instances,
            roostVersion: version)
    }

    /// Whether no program listens on the port.
    package func isFree(_ port: PortNumber) -> Bool { LoopbackPorts.isFree(port) }
    /// Whether a service that had the port before may listen on it again.
    package func isFreeAgain(_ port: PortNumber) -> Bool { LoopbackPorts.isFreeAgain(port) }

    /// The system users that applications can be given.
    package func serverUsers() -> [ServerUser] {
        guard Machine.isRoot else { return [ServerUsers.caller] }
        return UserRegister.shared.sorted(ServerUserRoles(pool: ServerUsers.pool()).servers, home: paths.home)
    }

    /// Enters a system user for this home into the machine's register, so that no other home gets it.
    package func claim(_ user: ServerUser) -> UserRegister.Claim {
        // Where roostd is not root, the only user is its own, which file permissions keep apart from others.
        Machine.isRoot ? UserRegister.shared.claim(user.name, home: paths.home) : .ours
    }

    /// Whether memory and CPU limits are in force.
    package var enforcesLimits: Bool { groups.summary.enforcesLimits }
    /// The address under which clients reach exposed services.
    package var publicHost: String { advertised.first ?? "127.0.0.1" }
}

extension Problem {
    init(_ error: EngineError) {
        switch error {
        case .configRefused(let words):
            self.init(.configRefused, "the engine refuses the configuration: " + words.joined(separator: "; "))
        case .extensionsRefused(let words): self.init(.configRefused, words.joined(separator: "; "))
        case .userExists(let name): self.init(.exists, "there is a user '\(name)' already")
        case .userUnknown(let name): self.init(.userNotFound, "there is no user '\(name)'")
        case .notOffered(let reason): self.init(.usage, reason)
        case .userReserved(let name): self.init(.forbidden, "user '\(name)' is Roost's to look after")
        case .initialisationFailed, .notReachable, .refused, .rejected, .programMissing, .clientMissing, .loadFailed,
            .copyFailed:
            self.init(.failed, "\(error)")
        }
    }
}
