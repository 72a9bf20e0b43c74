import RoostModel

/// Status that an agent reports of one instance: its last observation, decisions and requests. The newest counts.
package struct InstanceStatus: Codable, Equatable, Sendable {
    package let id: InstanceID
    /// Same as in `InstanceSpec`: an earlier instance may have had the same name.
    package let uid: String
    /// Time when the agent began to look after the instance, in milliseconds: a later life is newer than all
    /// revisions before.
    package let life: Int64
    package var revision: Int64 = 0
    /// Revision of the newest spec that arrived.
    package var specRevision: Int64 = 0
    /// Revision of the spec that the agent last looked and decided by. Nil in statuses of older agents.
    package var lookedRevision: Int64?
    /// The generation that the agent last acted by.
    package var generation = 0

    package var state: ServiceInfo.Instance.State = .starting
    package var pid: Int32?
    /// Reason why the desired state is not reached, a sentence.
    package var problem: String?
    /// Sentence with the figures if the instance's disk is full; nil if it is not.
    package var diskFault: String?
    package var convergence: InstancePlan.Convergence = .underway
    /// Nil if the agent has requested no gate yet: the router keeps its present one.
    package var clients: GateRequest?
    /// The highest epoch of its service that the instance was ever given, as stored beside its data. 0 if there is
    /// none.
    package var epoch: UInt64 = 0
    /// The highest fence that the instance was ever given, stored likewise.
    package var fence: UInt64 = 0
    package var serving: Serving = .unknown
    /// Whether the agent stopped the server itself, and starts it again. Nil in statuses of older agents.
    package var isStopped: Bool?
    /// Whether a server ran in the epoch of `epoch`, and ended by itself: the agent waits for a later epoch. Nil in
    /// statuses of older agents.
    package var hasEnded: Bool?
    /// Whether no process runs and the data directory is gone, although it was made. Nil in statuses of older agents.
    package var isDataGone: Bool?
    /// Whether no process runs, and no server can start on the instance's data directory. Nil in statuses of older agents.
    package var isDataUnusable: Bool?
    /// Whether a fenced primary still takes writes, because open transactions have time to end. Nil in statuses of older
    /// agents.
    package var isDraining: Bool?
    /// Nil if the server was not asked, or gave no answer.
    package var replication: ReplicationReport?
    /// For a primary whose server has ended: its positions, and how long before the end each was last read, oldest
    /// first. Nil if it runs, or none was read, and in statuses of older agents.
    package var lastPositions: [PositionAge]?
    /// Whether the server runs and has given no answer twice in a row. Nil in statuses of older agents.
    package var isSilent: Bool?
    /// For a replica: whether it hears from its primary. Nil if that is unknown, and in statuses of older agents.
    package var hearsPrimary: Bool?
    /// Whether the server is to be restarted once it is the member's turn. Nil in statuses of older agents.
    package var awaitsRestart: Bool?
    /// Whether the running server has the accounts of the spec that was last looked by. Nil if no server runs, and in
    /// statuses of older agents.
    package var hasAccounts: Bool?
    /// For a replica: whether it signs on with the account of that spec. Nil if it follows nobody, and in statuses of older
    /// agents.
    package var isSignedOn: Bool?
    /// Failures in a row.
    package var failures = 0
    /// See `InstanceObservation.lostFiles`.
    package var lostFiles: String?
    /// Nil if no answer is waited for.
    package var request: InstanceRequest?
    /// Notes, oldest first, until they are known to have arrived.
    package var notes: [InstanceNote] = []
    /// Whether the status is sent again without a change, because an answer may have been lost.
    package var isReminder = false

    package init(id: InstanceID, uid: String, life: Int64) {
        self.id = id
        self.uid = uid
        self.life = life
    }

    /// Whether the instance's server may take writes.
    package enum Serving: String, Codable, Sendable {
        /// No process of the server lives.
        case stopped
        /// The server lives, and takes no writes of users.
        case closed
        case open
        case unknown
    }

    /// Whether no server can start on the instance's data.
    package var isLost: Bool { isDataGone ?? false || isDataUnusable ?? false }

    /// Whether the instance confirms that it takes no writes below this epoch. Without usable data there is nothing to
    /// open, and nothing beside which the fence could be kept.
    package func isFenced(at epoch: UInt64) -> Bool {
        switch serving {
        case .stopped: fence >= epoch || isLost
        case .closed: fence >= epoch
        case .open, .unknown: false
        }
    }
}

/// Gate that an agent requests of the router for its instance's clients.
package struct GateRequest: Codable, Equatable, Sendable {
    /// A new number for each request that differs from the one before, also after a restart of the agent.
    package let number: Int64
    package let gate: Route.Gate

    package init(number: Int64, gate: Route.Gate) {
        self.number = number
        self.gate = gate
    }
}

/// An event of an instance, for people.
package struct InstanceNote: Codable, Equatable, Sendable {
    package enum Content: Codable, Equatable, Sendable {
        /// A step begins; it is shown with the operation that waits for it.
        case began(step: String)
        case did(step: String, milliseconds: Int)
        /// The step that began last takes longer than usual.
        case waits(for: String)
        case event(kind: String, message: String)
    }

    /// Number of the note, counted up by one within an agent's life.
    package let number: Int
    package let content: Content

    package init(number: Int, content: Content) {
        self.number = number
        self.content = content
    }
}
