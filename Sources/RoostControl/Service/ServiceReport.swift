import RoostModel

/// Last observations and decisions of a service, for callers that show it or wait for it.
package struct ServiceReport: Equatable, Sendable {
    /// Newest generation that was carried out completely.
    package var settledGeneration = 0
    /// Generation that all instances were last looked at for.
    package var seenGeneration = 0
    /// Why the service does not have its desired members, a sentence.
    package var problem: String?
    /// Whether a change of the primary is under way.
    package var isChangingPrimary = false
    /// Members that leave once their readers have ended, by index.
    package var draining: [Int] = []
    /// Instances by index.
    package var instances: [Int: Instance] = [:]

    package init() {}

    package struct Instance: Equatable, Sendable {
        package var state: ServiceInfo.Instance.State
        package var pid: Int32?
        package var problem: String?
        package var convergence: InstancePlan.Convergence
        package var failures: Int
        /// See `InstanceObservation.lostFiles`.
        package var lostFiles: String?
        /// Set for replicas only.
        package var following: Following?
        /// Position of what a replica has received, or the primary has written. Nil if it is unknown.
        package var position: Position?
        /// Whether the server runs and has given no answer twice in a row.
        package var isSilent: Bool

        /// How a replica follows its primary.
        package struct Following: Equatable, Sendable {
            package let link: ReplicationReport.Link
            /// Seconds that the replica is behind; nil if unknown.
            package let secondsBehind: Double?

            /// `primary`: the primary's last report; nil if there is none.
            package init(_ report: ReplicationReport, primary: ReplicationReport?) {
                link = report.link
                let isEqual = report.applied != nil && report.applied == primary?.applied
                secondsBehind = isEqual ? 0 : report.secondsBehind
            }
        }

        package init(
            state: ServiceInfo.Instance.State, pid: Int32?, problem: String?, convergence: InstancePlan.Convergence,
            failures: Int, lostFiles: String? = nil, following: Following? = nil, position: Position? = nil,
            isSilent: Bool = false
        ) {
            self.position = position
            self.isSilent = isSilent
            self.state = state
            self.pid = pid
            self.problem = problem
            self.convergence = convergence
            self.failures = failures
            self.lostFiles = lostFiles
            self.following = following
        }
    }
}
