import Foundation
import Logging
import RoostAgentProtocol
import RoostHost
import RoostModel

/// The agent's answers about its machine and the router of its home.
struct MachineAnswers: Sendable {
    let machine: LocalMachine
    let doctor: Doctor
    let host: LocalHost
    let engines: EngineAnswers
    let router: RouterProcess
    let boards: AgentBoards
    let logger: Logger

    var disk: HomeDisk { machine.disk }
    var paths: HomePaths { machine.disk.paths }

    func register(in calls: inout CallTable) {
        calls.on(Hello.self) { [self] _ in Hello.Answer(machine: facts()) }
        onMachine(&calls)
        onRouter(&calls)
    }

    private func facts() -> MachineFacts {
        MachineFacts(
            boot: Machine.bootID, enforcesLimits: machine.enforcesLimits, publicHost: machine.publicHost,
            authorityFile: paths.authorityCertificate, onlyUser: Machine.isRoot ? nil : ServerUsers.caller,
            poolPath: paths.pool, routerLog: paths.routerLog,
            engines: engines.inventory(withBuilds: false))
    }
}
