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

    /// As the agent told of them at its start: what they are does not change, which builds are there does.
    var known: EngineInventory { machine.facts.engines }

    /// With the builds that are there now.
    func now() async throws(Problem) -> EngineInventory { try await machine.agent.call(DescribeEngines()) }
}
