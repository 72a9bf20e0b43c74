import RoostModel

/// What was last seen and decided of a service, for whoever asks or waits.
package struct ServiceReport: Equatable, Sendable {
    /// The newest generation that was carried out in whole.
    package var settledGeneration = 0
    /// The generation that all instances were last looked at for.
    package var seenGeneration = 0
    /// Why it has not the members that it is to have, a sentence.
    package var problem: String?
    /// By index.
    package var instances: [Int: Instance] = [:]

    package init() {}

    package struct Instance: Equatable, Sendable {
        package var state: ServiceInfo.Instance.State
        package var pid: Int32?
        package var problem: String?
        package var outlook: InstancePlan.Outlook
        package var failures: Int
        /// As `InstanceObservation.lostFiles`.
        package var lostFiles: String?
        /// Of a replica.
        package var following: Following?

        /// How a replica follows its primary.
        package struct Following: Equatable, Sendable {
            package let link: ReplicationReport.Link
            /// How far it is behind. Nil: that is unknown.
            package let secondsBehind: Double?

            /// `primary`: what the primary last said. Nil: nothing.
            package init(_ report: ReplicationReport, primary: ReplicationReport?) {
                link = report.link
                let isEqual = report.applied != nil && report.applied == primary?.applied
                secondsBehind = isEqual ? 0 : report.secondsBehind
            }
        }

        package init(
            state: ServiceInfo.Instance.State, pid: Int32?, problem: String?, outlook: InstancePlan.Outlook,
            failures: Int, lostFiles: String? = nil, following: Following? = nil
        ) {
            self.state = state
            self.pid = pid
            self.problem = problem
            self.outlook = outlook
            self.failures = failures
            self.lostFiles = lostFiles
            self.following = following
        }
    }
}
