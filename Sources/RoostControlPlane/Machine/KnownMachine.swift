import RoostAgentProtocol
import RoostModel

/// A machine whose agent has said hello.
package struct KnownMachine: Sendable {
    package let agent: any Agent
    package let facts: MachineFacts

    package init(agent: any Agent, facts: MachineFacts) {
        self.agent = agent
        self.facts = facts
    }
}

/// The engines of a machine.
package struct Engines: Sendable {
    let machine: KnownMachine

    package init(of machine: KnownMachine) { self.machine = machine }

    /// The engines as the agent described them at its start. Their properties do not change; the installed releases
    /// may.
    var known: EngineInventory { machine.facts.engines }

    /// The engines with the releases that are installed now.
    func now() async throws(Problem) -> EngineInventory { try await machine.agent.call(DescribeEngines()) }

    /// Asks the engine about settings. A command in its error message is addressed to the service or clone `name`.
    func check(_ settings: ServiceSettings, _ engine: EngineIdentity, of name: String) async throws(Problem) {
        do throws(Problem) {
            _ = try await machine.agent.call(
                CheckConfiguration(config: settings.config, memory: settings.memory, engine: engine))
        } catch {
            throw Problem(error.code, Hint.addressed(error.message, to: name), next: error.nextSteps)
        }
    }
}
