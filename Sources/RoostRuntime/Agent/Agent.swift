import RoostControl
import RoostModel

/// The agent of a machine, as the control plane knows it. Messages may be lost, doubled and late: each is whole in itself,
/// and the newest counts.
package protocol Agent: Sendable {
    /// Gives the agent an instance to look after, or tells it what has changed for one.
    func apply(_ spec: InstanceSpec)
    /// The agent has nothing to do with the instance any more. What it was doing for it is ended.
    /// `uid`: of the service; one that has taken its name since is not meant.
    func drop(_ id: InstanceID, of uid: String)
    /// What the agent tells of its instances. For one consumer.
    var statuses: AsyncStream<InstanceStatus> { get }
}
