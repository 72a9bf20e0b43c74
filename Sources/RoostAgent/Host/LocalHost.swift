import Crypto
import Foundation
import Logging
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import RoostSecrets
import RoostTasks
import Synchronization

/// The machine that roostd itself runs on.
package final class LocalHost: InstanceHost {
    let paths: HomePaths
    let catalog: EngineCatalog
    let groups: ControlGroups
    let ready: ReadyDirectories
    let secrets: HomeSecrets
    let advertised: [String]
    /// Threads for short work on files.
    let pool: BlockingPool
    /// Threads for work on whole directories: copies, removals, sizes.
    let bulk: BlockingPool
    let logger: Logger
    /// Serialises builds, changes of the pool, and the layouts and snapshots of each instance.
    let turns = Turns()
    /// Path of the program that freezes servers and always thaws them.
    let guardProgram: String
    /// The time that each instance's last snapshot held writers up.
    let pauses = Mutex<[InstanceID: Duration]>([:])

    /// State of an instance's server that the host remembers between looks.
    struct Server: Sendable {
        var process: ServerProcess?
        var applied: AppliedState?
        var certificate: ServerCertificate?
        /// The accounts that the server should have; looks compare its accounts with them.
        var expectation: (of: ExpectationKey, value: AccountExpectation?)?
        /// Findings of the visits to this process.
        var visits = VisitRecord()
        /// The note beside the data about removed files.
        var loss: LossNote?
        /// Number of imports that are running.
        var imports = 0
        /// Epoch and fence of the manifest beside the data. Nil until the manifest was read.
        var epochs: Epochs?
        var cpu: (seconds: Double, at: ContinuousClock.Instant)?
        /// False until the server's files were read once after the daemon's start.
        var wasAdopted = false
    }

    struct Epochs: Sendable {
        let epoch: UInt64
        let fence: UInt64

        init(_ manifest: Manifest) {
            epoch = manifest.service.epoch
            fence = manifest.fence ?? manifest.service.epoch
        }
    }

    let servers = Mutex<[InstanceID: Server]>([:])
    package let exits: AsyncStream<InstanceExit>
    let exit: AsyncStream<InstanceExit>.Continuation

    package init(
        paths: HomePaths, catalog: EngineCatalog, groups: ControlGroups, ready: ReadyDirectories,
        secrets: HomeSecrets, advertised: [String], pool: BlockingPool, bulk: BlockingPool,
        guardProgram: String, logger: Logger
    ) {
        self.guardProgram = guardProgram
        self.paths = paths
        self.catalog = catalog
        self.groups = groups
        self.ready = ready
        self.secrets = secrets
        self.advertised = advertised
        self.pool = pool
        self.bulk = bulk
        self.logger = logger
        (exits, exit) = AsyncStream.makeStream()
    }

    // MARK: What the order means here

    /// The engine and build that the service's server runs on. During an upgrade it is the new build once the
    /// snapshot before the upgrade is complete.
    func engine(for order: InstanceOrder) throws(HostFailure) -> (engine: any Engine, build: EngineBuild) {
        let identity = identity(for: order)
        let engine = try engine(named: identity)
        guard let build = catalog.successor(of: identity) else {
            let found = engine.builds().map { "\($0.identity)" }.joined(separator: ", ")
            throw HostFailure(
                "its engine \(identity) is not installed on this machine (found: \(found.isEmpty ? "none" : found)); "
                    + "install it again, see 'roost engine ls'")
        }
        return (engine, build)
    }

    /// The engine of this identity. Also known where the build itself is not on the machine.
    func engine(named identity: EngineIdentity) throws(HostFailure) -> any Engine {
        if let engine = catalog.engine(named: identity.name) { return engine }
        throw HostFailure("this version of Roost has no engine '\(identity.name)'", isPermanent: true)
    }

    func identity(for order: InstanceOrder) -> EngineIdentity {
        guard case .upgrade(let engine, _) = order.service.intent, upgradeState(order) == .imaged else {
            return order.service.engine
        }
        return engine
    }

    func folders(_ order: InstanceOrder) throws(HostFailure) -> ServerFolders {
        let instance = paths.instance(order.id)
        let run = try naming("find a place for its socket") {
            try SocketFolder.path(home: paths.home, name: Self.groupName(order.id))
        }
        return ServerFolders(
            data: instance.data, configuration: instance.configuration, run: run, logs: instance.logs)
    }

    /// `ramen.data.0`: names the instance's control group and run folder.
    static func groupName(_ id: InstanceID) -> String { "\(id.service.application).\(id.name)" }

    func serverPlan(_ order: InstanceOrder) throws(HostFailure) -> ServerPlan {
        guard let instance = order.instance else { throw HostFailure("the service has no instance \(order.index)") }
        return ServerPlan(
            instance: order.id, settings: order.service.settings, folders: try folders(order),
            internalPort: instance.internalPort,
            // A template build has no route: its `port` is the port of its server.
            routerAddress: RouterAddress(
                host: order.service.settings.expose == .network ? publicHost : "127.0.0.1", port: instance.port),
            serverID: instance.serverID, domainID: order.service.instances.first?.serverID ?? instance.serverID,
            shownUser: order.service.credentials.user, shownPassword: order.secrets.password,
            previousPassword: order.secrets.previousPassword, administrationPassword: order.secrets.administration,
            databases: databases(order.service), certificate: try certificate(order), custom: order.service.custom,
            group: order.service.isGroup ? groupPlan(order) : nil, profile: order.profile)
    }

    func address(_ order: InstanceOrder) throws(HostFailure) -> ServerAddress {
        guard let instance = order.instance else { throw HostFailure("the service has no instance \(order.index)") }
        return ServerAddress(
            instance: order.id, data: paths.instance(order.id).data, socket: try folders(order).socket,
            port: instance.internalPort,
            administrationPassword: order.secrets.administration)
    }

    private func databases(_ service: Service) -> [String] {
        if let clone = service.clone { return clone.databases }
        let first = "\(service.id.service)"
        return [first] + service.settings.databases.filter { $0 != first }
    }

    /// The system user that the server runs as: the custom service's or the clone's own, else the application's. Nil
    /// where roostd is not root and every server runs as the caller.
    func user(_ order: InstanceOrder) -> ServerUser? {
        Machine.isRoot ? order.service.custom?.user ?? order.service.clone?.user ?? order.application.user : nil
    }

    func group(_ order: InstanceOrder) throws(HostFailure) -> ControlGroup? { try group(of: order.id) }

    func group(of id: InstanceID) throws(HostFailure) -> ControlGroup? {
        guard groups.areAvailable else { return nil }
        return try naming("make its control group") { try groups.group(Self.groupName(id)) }
    }

    // MARK: Target

    package func target(_ order: InstanceOrder) async throws(HostFailure) -> InstanceTarget {
        if case .destroy = order.service.intent {
            // Destroying needs no program: a service whose engine is gone can be destroyed, and its data kept.
            return InstanceTarget(
                intent: order.service.intent, seeded: order.instance?.seeded ?? false, engine: order.service.engine,
                applied: AppliedState(
                    settings: [:], accounts: "", limits: ResourceLimits(memory: ByteCount(bytes: 0), cpus: nil),
                    restartGeneration: order.service.restartGeneration))
        }
        let (engine, build) = try engine(for: order)
        let plan = try serverPlan(order)
        return InstanceTarget(
            intent: order.service.intent, seeded: order.instance?.seeded ?? false, engine: build.identity,
            applied: applied(order, plan, engine.launch(plan, build: build)),
            holdsClients: !engine.family.reachesItselfThroughRouter,
            isPastNoReturn: order.service.isPastNoReturn, epoch: order.service.epoch, place: order.place)
    }

    func applied(_ order: InstanceOrder, _ plan: ServerPlan, _ launch: Launch) -> AppliedState {
        AppliedState(
            settings: launch.effective, accounts: accountsDigest(plan),
            limits: ResourceLimits(memory: plan.settings.memory, cpus: plan.settings.cpus),
            restartGeneration: order.service.restartGeneration)
    }

    /// Equal for equal accounts. The digest does not reveal passwords: they are random and have more than 128 bits.
    private func accountsDigest(_ plan: ServerPlan) -> String {
        let parts =
            [
                plan.shownUser, plan.shownPassword, plan.previousPassword ?? "", plan.administrationPassword,
                // A renewed certificate is applied in place, together with the accounts.
                plan.certificate?.certificate ?? "",
                    // Open accounts add nothing, so that digests by older versions of Roost stay valid.
            ] + (plan.group?.followers ?? []).map(\.password)
            + (plan.settings.accounts == .open ? [] : ["accounts \(plan.settings.accounts.rawValue)"])
            + plan.databases + plan.settings.extensions.map { "extension \($0)" }
        return SHA256.hash(data: Data(parts.joined(separator: "\0").utf8)).map { String($0, radix: 16) }.joined()
    }

    // MARK: Errors

    /// Runs a step. Its error names the step that failed.
    func naming<Value>(_ step: String, _ work: () throws -> Value) throws(HostFailure) -> Value {
        do {
            return try work()
        } catch HostError.noSpace(let path) {
            throw HostFailure("could not \(step): \(diskText(path)), which is too little")
        } catch {
            throw HostFailure("could not \(step): \(error)")
        }
    }
}

extension LocalHost {
    /// The server's certificate where the service is exposed to the network. It is made once, kept beside the data,
    /// and renewed before it expires or when the CA or the machine's names have changed.
    func certificate(_ order: InstanceOrder) throws(HostFailure) -> ServerCertificate? {
        guard order.service.settings.expose == .network else { return nil }
        let authority = try naming("read the home's certificate authority") { try secrets.authority() }
        let names =
            ["localhost", "\(order.service.id.service).\(order.application.name).roost"]
            + advertised.filter { !Machine.isAddress($0) }
        let addresses = ["127.0.0.1", "::1"] + advertised.filter(Machine.isAddress)
        func isGood(_ certificate: ServerCertificate) -> Bool {
            !authority.needsRenewal(certificate.certificate, dnsNames: names, addresses: addresses, now: Date())
        }
        if let known = servers.withLock({ $0[order.id]?.certificate }), isGood(known) { return known }
        return try naming("make its certificate") {
            let path = paths.instance(order.id).certificate
            if let data = FileManager.default.contents(atPath: path),
                // A file that cannot be read is replaced: nothing depends on one certificate of the CA.
                let kept = try? JSON.decode(CertificateFile.self, from: data), isGood(kept.value)
            {
                return remember(kept.value, for: order.id)
            }
            let issued = try authority.issue(
                commonName: "\(order.id)", dnsNames: names, addresses: addresses, now: Date(),
                validFor: 2 * 365 * 24 * 3600)
            let file = CertificateFile(
                certificate: issued.certificatePEM, key: issued.keyPEM, authority: authority.certificatePEM)
            if FileManager.default.fileExists(atPath: paths.instance(order.id).folder) {
                try Storage.writeAtomically(try JSON.encode(file), to: path, mode: 0o600, owner: nil)
            }
            return remember(file.value, for: order.id)
        }
    }

    private func remember(_ certificate: ServerCertificate, for id: InstanceID) -> ServerCertificate {
        servers.withLock { $0[id, default: Server()].certificate = certificate }
        return certificate
    }
}

/// A server's certificate as kept beside its data, readable by root alone.
private struct CertificateFile: Codable {
    let certificate: String
    let key: String
    let authority: String

    var value: ServerCertificate { ServerCertificate(certificate: certificate, key: key, authority: authority) }
}
