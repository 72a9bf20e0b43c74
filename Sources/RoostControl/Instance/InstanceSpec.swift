import RoostModel

/// All that an agent needs to make and run one instance. The service's reconciler sends it; the newest counts.
///
/// A value without secrets in the clear, paths or closures: it travels to the machine that the instance runs on.
package struct InstanceSpec: Codable, Equatable, Sendable {
    package let application: Application
    package let spec: ServiceSpec
    package let status: ServiceStatus
    package let index: Int
    /// The instance takes no writes below this epoch, and stores the fence. A fence above the service's epoch means
    /// that the primary is about to change.
    package let fence: UInt64
    /// Whether every other member has confirmed to take no writes below the service's epoch. A primary is started or
    /// opened only then.
    package let mayOpen: Bool
    /// Whether the fence finds the primary's server hanging: it is killed. Nil in specs of older control planes.
    package let hangs: Bool?
    /// Whether it is the instance's turn to restart its server, if that is needed. Nil in specs of older control
    /// planes: it is.
    package let mayRestart: Bool?
    /// Indices of the members whose acknowledgement is to count. Nil in specs of older control planes.
    package let acknowledgers: [Int]?
    /// Revision of the spec, higher for each spec that differs from the one before.
    package let revision: Int64
    package let admission: Admission
    /// The result of the agent's last request.
    package let answer: InstanceRequest.Answer?
    /// Notes that have arrived; the agent need not send them again.
    package let notesSeen: NotesSeen

    /// Gate that the router has set for the instance's clients.
    package struct Admission: Codable, Equatable, Sendable {
        /// The gate that the router has confirmed. Nil if the router has no routes of the instance, or others than it
        /// should have.
        package let gate: Route.Gate?
        /// Number of the agent's newest requested gate (`GateRequest.number`) that had arrived when the router was
        /// last told.
        package let gateRequest: Int64
        /// Nil unless the router could not be told of that gate.
        package let failure: Failure?

        package struct Failure: Codable, Equatable, Sendable {
            /// Number of the attempt, higher for each.
            package let attempt: Int64
            /// Reason of the failure, a sentence.
            package let reason: String

            package init(attempt: Int64, reason: String) {
                self.attempt = attempt
                self.reason = reason
            }
        }

        package init(gate: Route.Gate? = nil, gateRequest: Int64 = 0, failure: Failure? = nil) {
            self.gate = gate
            self.gateRequest = gateRequest
            self.failure = failure
        }
    }

    package struct NotesSeen: Codable, Equatable, Sendable {
        package let life: Int64
        package let number: Int

        package init(life: Int64 = 0, number: Int = 0) {
            self.life = life
            self.number = number
        }
    }

    package init(
        application: Application, service: Service, index: Int, fence: UInt64 = 0, mayOpen: Bool = true,
        hangs: Bool = false, mayRestart: Bool = true, acknowledgers: [Int]? = nil, revision: Int64,
        admission: Admission = Admission(),
        answer: InstanceRequest.Answer? = nil, notesSeen: NotesSeen = NotesSeen()
    ) {
        self.application = application
        spec = service.spec
        status = service.status
        self.index = index
        self.fence = max(fence, service.epoch)
        self.mayOpen = mayOpen
        self.hangs = hangs
        self.mayRestart = mayRestart
        self.acknowledgers = acknowledgers
        self.revision = revision
        self.admission = admission
        self.answer = answer
        self.notesSeen = notesSeen
    }

    /// The service as this instance is to see it. For a leaving member the service is being destroyed, once commits no
    /// longer rely on the member. Each member keeps its data under a name of its own, and may have been asked to restart
    /// alone. The primary alone is restored and upgraded; then the others get its data.
    package var service: Service {
        var service = Service(spec: spec, status: status)
        if let keep = service.instances.first(where: { $0.index == index })?.leaving, !status.isVoter(index) {
            service.spec.deletion = .init(keep: keep)
        } else if index != status.primary, let deletion = spec.deletion, let keep = deletion.keep {
            service.spec.deletion = .init(keep: "\(keep)-\(index)", engine: deletion.engine)
        }
        if index != status.primary, service.goal.isOfPrimaryAlone { service.spec.request = nil }
        service.spec.restartGeneration = max(spec.restartGeneration, spec.restarts?[index] ?? 0)
        return service
    }
    /// Part of the instance in synchronous replication.
    package var part: SynchronousPart {
        guard service.isGroup, let acknowledgers else { return .none }
        if index != status.primary { return acknowledgers.contains(index) ? .acknowledges : .none }
        let waits = !acknowledgers.isEmpty || Service(spec: spec, status: status).waitsWithoutVoters
        return waits ? .waits(for: acknowledgers) : .none
    }
    /// The snapshot that the instance's data become before they are replaced. Nil unless they are to be, and no commit
    /// relies on them any more.
    package var reseeding: String? {
        status.isVoter(index) ? nil : status.members.first { $0.index == index }?.reseeding?.keep
    }
    /// Whether the instance's server is killed once it is fenced, whether it answers or hangs.
    package var isToBeKilled: Bool {
        if case .failover = service.goal { return true }
        return hangs ?? false
    }
    package var uid: String { status.uid(of: index) }
    package var id: InstanceID { InstanceID(spec.id, index) }

    /// Whether the spec equals another, whatever their revisions.
    package func says(theSameAs other: InstanceSpec) -> Bool {
        asks(theSameAs: other) && admission == other.admission && answer == other.answer
    }

    /// Whether the spec asks the same about replication, on the same record.
    func asksOfReplication(theSameAs other: InstanceSpec) -> Bool {
        acknowledgers == other.acknowledgers && status.synchronous == other.status.synchronous
            && status.epoch == other.status.epoch && part == other.part
            && status.replicationPasswords == other.status.replicationPasswords
    }

    /// Whether the spec asks the same of the agent as another.
    func asks(theSameAs other: InstanceSpec) -> Bool {
        application == other.application && spec == other.spec && status == other.status && fence == other.fence
            && mayOpen == other.mayOpen && hangs == other.hangs && mayRestart == other.mayRestart
            && acknowledgers == other.acknowledgers
    }
}

/// A request of an agent to the control plane, for the store or the router to change before the instance goes on.
///
/// The agent repeats the request until an answer has come; each step may be carried out twice.
package struct InstanceRequest: Codable, Equatable, Sendable {
    /// A new id for each request, also after a restart of the agent.
    package let id: Int64
    /// Uid of the instance that asks (`InstanceSpec.uid`).
    package let uid: String
    /// Generation of the service's request as the agent knows it: later requests are not meant.
    package let generation: Int
    /// Id of the seed that a replica of this service is made of. Nil in requests of older agents.
    package let seed: String?
    package let step: Step

    package init(id: Int64, of service: Service, index: Int, step: Step) {
        seed = service.status.seed(of: index)
        self.id = id
        uid = service.status.uid(of: index)
        generation = service.pendingRequest?.generation ?? service.generation
        self.step = step
    }

    package enum Step: Codable, Equatable, Sendable {
        /// Take the snapshot that a clone of a running service is made of.
        case image
        /// Store that the data directory was made.
        case seeded
        /// Give the server another port than this one, which another process listens on. `reason` is for people.
        case otherPort(than: PortNumber, reason: String)
        /// Store the release that the server runs, because the previous one is no longer on the machine.
        case engine(EngineIdentity)
        /// Store that the newer server of an upgrade is about to touch the data.
        case noReturn
        /// Store that the data have this release's format, and the upgrade is over.
        case upgraded(to: EngineIdentity)
        /// Store that the upgrade failed before the newer server touched anything.
        case upgradeAbandoned(reason: String)
        /// Store that the upgrade failed and that the snapshot from before it is to be restored.
        case upgradeTakenBack(reason: String)
        /// Store that the data were replaced.
        case replaced
        /// Store that the procedure is over.
        case finished
        /// Store that the procedure failed: the service goes on as before.
        case abandoned(reason: String)
        /// Remove the control plane's documents and routes of the instance, of which nothing is left on the machine.
        case gone
    }

    package struct Answer: Codable, Equatable, Sendable {
        package let request: Int64
        /// Why the request failed, a sentence. Nil if it succeeded.
        package let failure: String?

        package init(_ request: Int64, failure: String? = nil) {
            self.request = request
            self.failure = failure
        }
    }
}
