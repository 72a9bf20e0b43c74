import Foundation
import RoostControl
import RoostModel

/// The agent of a machine, as the control plane sees it.
///
/// Specs and statuses may be lost, duplicated and late: each is complete, and the newest counts. Calls are answered,
/// and each is idempotent.
package protocol Agent: Sendable {
    /// Gives the agent an instance to look after, or a newer spec of one.
    func apply(_ spec: InstanceSpec)
    /// Ends the agent's work on an instance, also the work under way. `uid`: the instance's own; a newer instance of
    /// the same name is not dropped.
    func drop(_ id: InstanceID, of uid: String)
    /// Statuses of the agent's instances. For one consumer.
    var statuses: AsyncStream<InstanceStatus> { get }
    /// Answers an encoded `AgentFrame` with another one.
    func answer(_ request: Data) async throws(AgentSilence) -> Data
}

/// No answer came. It is not known whether the call was carried out.
package struct AgentSilence: Error, CustomStringConvertible {
    package let description: String

    package init(_ reason: String) { description = reason }
}
