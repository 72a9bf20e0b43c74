import Crypto
import Foundation
import Logging
import RoostControl
import RoostEngines
import RoostHost
import RoostModel
import Synchronization

/// The servers of instances on the machine that roostd itself runs on. Work that is not about one instance is done by
/// types of its own, such as `HomeStorage` and `TemplateStore`.
package final class LocalHost: InstanceHost {
    let disk: HomeDisk
    let plans: ServerPlans
    let reserve: DiskReserve
    let ready: ReadyDirectories
    let layouts: Layouts
    let snapshotTaking: SnapshotTaking
    let logger: Logger

    /// State of an instance's server that the host remembers between looks.
    struct Server: Sendable {
        var process: ServerProcess?
        var applied: AppliedState?
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
        /// Positions of the server while it was a primary, for the lag of its replicas.
        var positions = PositionHistory()
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

    init(
        disk: HomeDisk, plans: ServerPlans, reserve: DiskReserve, ready: ReadyDirectories, layouts: Layouts,
        snapshotTaking: SnapshotTaking, logger: Logger
    ) {
        self.disk = disk
        self.plans = plans
        self.reserve = reserve
        self.ready = ready
        self.layouts = layouts
        self.snapshotTaking = snapshotTaking
        self.logger = logger
        (exits, exit) = AsyncStream.makeStream()
    }

    /// Forgets the server of an instance that is gone.
    func forgetServer(_ id: InstanceID) {
        servers.withLock { $0[id] = nil }
        plans.certificates.forget(id)
    }

    // MARK: Target

    package func target(_ order: InstanceOrder) async throws(HostFailure) -> InstanceTarget {
        if case .destroy = order.service.goal {
            // Destroying needs no program: a service whose engine is gone can be destroyed, and its data kept.
            return InstanceTarget(
                goal: order.service.goal, seeded: order.instance?.seeded ?? false, engine: order.service.engine,
                applied: AppliedState(
                    settings: [:], accounts: "", limits: ResourceLimits(memory: ByteCount(bytes: 0), cpus: nil),
                    restartGeneration: order.service.restartGeneration))
        }
        let (engine, build) = try engine(for: order)
        let plan = try serverPlan(order)
        return InstanceTarget(
            goal: order.service.goal, seeded: order.instance?.seeded ?? false, engine: build.identity,
            applied: applied(order, plan, engine.launch(plan, build: build)),
            holdsClients: !engine.family.reachesItselfThroughRouter,
            isPastNoReturn: order.service.isPastNoReturn, epoch: order.service.epoch, place: order.place,
            reseeding: order.reseeding, delay: plan.group?.delay ?? 0, part: order.part,
            isToBeKilled: order.isToBeKilled,
            isFencedByStop: engine is any FencedByStop, electsItself: engine.family.electsItself,
            account: plan.group.flatMap { (engine as? any Replication)?.account($0.own) })
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
                plan.applicationUser, plan.applicationPassword, plan.previousPassword ?? "",
                plan.administrationPassword,
                // A renewed certificate is applied in place, together with the accounts.
                plan.certificate?.certificate ?? "",
                    // Open accounts add nothing, so that digests by older versions of Roost stay valid.
            ] + (plan.group?.followers ?? []).map(\.password)
            // A member that gets another address or port is listed anew, together with the accounts.
            + (plan.group?.peers ?? []).map { peer in
                "peer \(peer.index) \(peer.address.host) \(peer.address.port) \(peer.internalPort)"
            }
            + (plan.settings.accounts == .open ? [] : ["accounts \(plan.settings.accounts.rawValue)"])
            + plan.changeReaders.map { "reader \($0)" }
            + plan.databases + plan.settings.extensions.map { "extension \($0)" }
        return SHA256.hash(data: Data(parts.joined(separator: "\0").utf8)).map { String($0, radix: 16) }.joined()
    }

    // MARK: Shorthands of the extensions

    var paths: HomePaths { disk.paths }
    var pool: BlockingPool { disk.pool }
    var bulk: BlockingPool { disk.bulk }
    var catalog: EngineCatalog { plans.catalog }

    func naming<Value>(_ step: String, _ work: () throws -> Value) throws(HostFailure) -> Value {
        try disk.naming(step, work)
    }
    func engine(for order: InstanceOrder) throws(HostFailure) -> (engine: any Engine, build: EngineBuild) {
        try plans.engine(for: order)
    }
    func engine(named identity: EngineIdentity) throws(HostFailure) -> any Engine {
        try plans.engine(named: identity)
    }
    func identity(for order: InstanceOrder) -> EngineIdentity { plans.identity(for: order) }
    func serverPlan(_ order: InstanceOrder) throws(HostFailure) -> ServerPlan { try plans.serverPlan(order) }
    func address(_ order: InstanceOrder) throws(HostFailure) -> ServerAddress { try plans.address(order) }
    func group(_ order: InstanceOrder) throws(HostFailure) -> ControlGroup? { try plans.group(of: order.id) }
}
