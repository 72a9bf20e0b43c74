import RoostModel

/// What an agent tells of one instance: what it last saw and decided, and what it asks for. The newest counts.
package struct InstanceStatus: Codable, Equatable, Sendable {
    package let id: InstanceID
    /// As in `InstanceSpec`: an instance of the same name may have been there before.
    package let uid: String
    /// When the agent began to look after the instance, in milliseconds: a later life is newer than all of one before.
    package let life: Int64
    package var revision: Int64 = 0
    /// The newest spec that arrived.
    package var specRevision: Int64 = 0
    /// The generation that the agent last acted by.
    package var generation = 0

    package var state: ServiceInfo.Instance.State = .starting
    package var pid: Int32?
    /// What stands in the way, a sentence.
    package var problem: String?
    /// That the instance's disk is full, with the figures. Nil: it is not.
    package var diskFault: String?
    package var outlook: InstancePlan.Outlook = .underway
    /// Nil: the agent has no wish yet, and the router goes on as it does.
    package var clients: ClientWish?
    /// The highest epoch of its service that the instance was ever given, as it is kept beside its data. 0: none.
    package var epoch: UInt64 = 0
    /// The highest fence that it was ever given, likewise.
    package var fence: UInt64 = 0
    package var serving: Serving = .unknown
    /// Nil: the server was not asked, or gave no answer.
    package var replication: ReplicationReport?
    /// Failures in a row.
    package var failures = 0
    /// As `InstanceObservation.lostFiles`.
    package var lostFiles: String?
    /// Nil: nothing is waited for.
    package var request: InstanceRequest?
    /// What happened, oldest first, until it is known to have arrived.
    package var notes: [InstanceNote] = []
    /// Sent again though nothing has changed: an answer may have been lost.
    package var isReminder = false

    package init(id: InstanceID, uid: String, life: Int64) {
        self.id = id
        self.uid = uid
        self.life = life
    }

    /// Whether its server may take writes.
    package enum Serving: String, Codable, Sendable {
        /// No process of it lives.
        case stopped
        /// It lives, and takes no writes of users.
        case closed
        case open
        case unknown
    }

    /// Whether it confirms that nothing is written by it below this epoch.
    package func isFenced(at epoch: UInt64) -> Bool { fence >= epoch && (serving == .stopped || serving == .closed) }
}

/// What an agent needs the router to do with its instance's clients.
package struct ClientWish: Codable, Equatable, Sendable {
    /// Another for each wish that differs from the one before, also of an agent that was started anew.
    package let number: Int64
    package let gate: Route.Gate

    package init(number: Int64, gate: Route.Gate) {
        self.number = number
        self.gate = gate
    }
}

/// Something that happened to an instance, for people.
package struct InstanceNote: Codable, Equatable, Sendable {
    package enum Content: Codable, Equatable, Sendable {
        /// A step begins; it is shown with the operation that waits for it.
        case began(step: String)
        case did(step: String, milliseconds: Int)
        /// The step that began last takes longer than usual.
        case waits(for: String)
        case event(kind: String, message: String)
    }

    /// Grows by one with each note of an agent's life.
    package let number: Int
    package let content: Content

    package init(number: Int, content: Content) {
        self.number = number
        self.content = content
    }
}
