import Foundation
import Logging
import RoostControl
import RoostModel

/// An agent in the same process. Every message passes as the bytes that a network would carry, so that nothing
/// crosses that a network cannot carry.
package struct AgentLoopback: Agent {
    private let agent: any Agent
    private let logger: Logger
    package let statuses: AsyncStream<InstanceStatus>
    /// Limit of statuses that wait to be read. Beyond it the oldest are lost, and sent again.
    package static let held = 4096

    package init(to agent: any Agent, logger: Logger) {
        self.agent = agent
        self.logger = logger
        let told = agent.statuses
        statuses = AsyncStream(bufferingPolicy: .bufferingNewest(Self.held)) { continuation in
            let pump = Task {  // Ends with the agent's stream, or with its consumer.
                for await status in told {
                    if let status = Self.carry(status, logger) { continuation.yield(status) }
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in pump.cancel() }
        }
    }

    package func apply(_ spec: InstanceSpec) {
        if let spec = Self.carry(spec, logger) { agent.apply(spec) }
    }

    package func drop(_ id: InstanceID, of uid: String) { agent.drop(id, of: uid) }

    package func answer(_ request: Data) async throws(AgentSilence) -> Data { try await agent.answer(request) }

    private static func carry<Message: Codable>(_ message: Message, _ logger: Logger) -> Message? {
        do { return try JSON.decode(Message.self, from: try JSON.encode(message)) } catch {
            // The message is lost, as on a network, but would be lost each time.
            logger.critical("A message to or from the agent cannot be carried", metadata: ["reason": "\(error)"])
            return nil
        }
    }
}
