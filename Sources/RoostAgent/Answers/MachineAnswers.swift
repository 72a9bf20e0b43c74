import Foundation
import Logging
import RoostAgentProtocol
import RoostEngines
import RoostHost
import RoostModel
import RoostSecrets

/// The agent's answers to calls that are not about one instance, one file per feature.
struct MachineAnswers: Sendable {
    let host: LocalHost
    let secrets: HomeSecrets
    let ready: ReadyDirectories
    let installer: EngineInstaller
    let router: RouterProcess
    /// Path of the watched folder of dumps.
    let dumps: String
    let boards: AgentBoards
    let logger: Logger

    var paths: HomePaths { host.paths }

    func register(in calls: inout CallTable) {
        calls.on(Hello.self) { [self] _ in Hello.Answer(machine: facts()) }
        onHome(&calls)
        onMachine(&calls)
        onStorage(&calls)
        onEngines(&calls)
        onAccounts(&calls)
        onSnapshots(&calls)
        onTemplates(&calls)
        onDumps(&calls)
        onCustom(&calls)
        onRouter(&calls)
    }

    func open(_ order: SealedOrder) throws(Problem) -> InstanceOrder {
        try InstanceOrder(order, key: try secrets.key())
    }

    private func facts() -> MachineFacts {
        MachineFacts(
            boot: Machine.bootID, enforcesLimits: host.enforcesLimits, publicHost: host.publicHost,
            authorityFile: paths.authorityCertificate, onlyUser: Machine.isRoot ? nil : ServerUsers.caller,
            poolPath: paths.pool, routerLog: paths.routerLog,
            engines: inventory(withBuilds: false))
    }
}
