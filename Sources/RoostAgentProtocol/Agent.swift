import Foundation
import RoostControl
import RoostModel

/// The agent of a machine, as the control plane knows it.
///
/// Specs and statuses may be lost, doubled and late: each is whole in itself, and the newest counts. Calls are answered;
/// each can be repeated.
package protocol Agent: Sendable {
    /// Gives the agent an instance to look after, or tells it what has changed for one.
    func apply(_ spec: InstanceSpec)
    /// The agent has nothing to do with the instance any more. What it was doing for it is ended.
    /// `uid`: of the instance; one that has taken its name since is not meant.
    func drop(_ id: InstanceID, of uid: String)
    /// What the agent tells of its instances. For one consumer.
    var statuses: AsyncStream<InstanceStatus> { get }
    /// Answers an encoded `AgentFrame` with another one.
    func answer(_ request: Data) async throws(AgentSilence) -> Data
}

/// No answer came. Whether the call was carried out is not known.
package struct AgentSilence: Error, CustomStringConvertible {
    package let description: String

    package init(_ reason: String) { description = reason }
}
