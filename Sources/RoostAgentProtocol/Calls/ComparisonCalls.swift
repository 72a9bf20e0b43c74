import RoostModel

/// Compares the tables of replicas with the primary's, one table after the other.
package struct CompareMembers: AgentJob, Equatable {
    package typealias Result = MembersComparison
    package static let name = "compare members"

    package let primary: SealedOrder
    package let replicas: [SealedOrder]

    package init(primary: SealedOrder, replicas: [SealedOrder]) {
        self.primary = primary
        self.replicas = replicas
    }
}
