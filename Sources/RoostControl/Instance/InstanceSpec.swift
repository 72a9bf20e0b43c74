import RoostModel

/// All that an agent has to know to make and run one instance. The service's reconciler sends it; the newest counts.
///
/// A value without secrets in the clear, paths or closures: it travels to the machine that the instance runs on.
package struct InstanceSpec: Codable, Equatable, Sendable {
    package let application: Application
    package let spec: ServiceSpec
    package let status: ServiceStatus
    package let index: Int
    /// The instance is to take no writes below this epoch, and to keep that in mind. Above the service's epoch: the primary
    /// is about to change.
    package let fence: UInt64
    /// Whether every other member was heard to take no writes below the service's epoch. Only then a primary is started or
    /// opened.
    package let mayOpen: Bool
    /// Grows with each that differs from the one before.
    package let revision: Int64
    package let admission: Admission
    /// The result of the agent's last request.
    package let answer: InstanceRequest.Answer?
    /// The notes that have arrived; the agent need not send them again.
    package let notesSeen: NotesSeen

    /// What the router does with the instance's clients.
    package struct Admission: Codable, Equatable, Sendable {
        /// As the router has confirmed it. Nil: it has no routes of the instance, or others than it should have.
        package let gate: Route.Gate?
        /// The newest wish of the agent (`ClientWish.number`) that had arrived when the router was last told.
        package let wish: Int64
        /// Nil unless the router could not be told of that wish.
        package let failure: Failure?

        package struct Failure: Codable, Equatable, Sendable {
            /// Grows with each attempt.
            package let attempt: Int64
            /// A sentence.
            package let reason: String

            package init(attempt: Int64, reason: String) {
                self.attempt = attempt
                self.reason = reason
            }
        }

        package init(gate: Route.Gate? = nil, wish: Int64 = 0, failure: Failure? = nil) {
            self.gate = gate
            self.wish = wish
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
        revision: Int64, admission: Admission = Admission(),
        answer: InstanceRequest.Answer? = nil, notesSeen: NotesSeen = NotesSeen()
    ) {
        self.application = application
        spec = service.spec
        status = service.status
        self.index = index
        self.fence = max(fence, service.epoch)
        self.mayOpen = mayOpen
        self.revision = revision
        self.admission = admission
        self.answer = answer
        self.notesSeen = notesSeen
    }

    /// The service as this instance is to see it. To a member that leaves, it ends. Each member keeps its data under a name of
    /// its own, and may have been asked to restart alone.
    package var service: Service {
        var service = Service(spec: spec, status: status)
        if let keep = service.instances.first(where: { $0.index == index })?.leaving {
            service.spec.deletion = .init(keep: keep)
        } else if index != status.primary, let deletion = spec.deletion, let keep = deletion.keep {
            service.spec.deletion = .init(keep: "\(keep)-\(index)", engine: deletion.engine)
        }
        service.spec.restartGeneration = max(spec.restartGeneration, spec.restarts?[index] ?? 0)
        return service
    }
    package var uid: String { status.uid(of: index) }
    package var id: InstanceID { InstanceID(spec.id, index) }

    /// Whether it says the same as another, whatever their revisions.
    package func says(theSameAs other: InstanceSpec) -> Bool {
        asks(theSameAs: other) && admission == other.admission && answer == other.answer
    }

    /// Whether it asks the same of the agent as another.
    func asks(theSameAs other: InstanceSpec) -> Bool {
        application == other.application && spec == other.spec && status == other.status && fence == other.fence
            && mayOpen == other.mayOpen
    }
}

/// What an agent asks of the control plane, because the store or the router has to know of it before the instance goes on.
///
/// It is asked for again until an answer has come; each step may be carried out twice.
package struct InstanceRequest: Codable, Equatable, Sendable {
    /// Another for each request, also of an agent that was started anew.
    package let id: Int64
    /// Of the instance that asks (`InstanceSpec.uid`).
    package let uid: String
    /// The generation of what is asked of the service, as the agent knows it: what was asked for since is not meant.
    package let generation: Int
    package let step: Step

    package init(id: Int64, of service: Service, index: Int, step: Step) {
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
        /// Give the server another port than this one, which somebody else listens on. `reason` is for people.
        case otherPort(than: PortNumber, reason: String)
        /// Store the release that the server runs, because the one that it had is not on the machine any more.
        case engine(EngineIdentity)
        /// Store that the newer server of an upgrade is about to touch the data.
        case noReturn
        /// Store that the data are of this release's form, and the upgrade is over.
        case upgraded(to: EngineIdentity)
        /// Store that the upgrade failed before the newer server touched anything.
        case upgradeAbandoned(reason: String)
        /// Store that the upgrade failed and that the image from before it is to be restored.
        case upgradeTakenBack(reason: String)
        /// Store that the data were replaced.
        case replaced
        /// Store that what was asked for is over.
        case finished
        /// Store that what was asked for could not be done: the service goes on as before.
        case abandoned(reason: String)
        /// Nothing of the instance is left on the machine: remove what the control plane has of it.
        case gone
    }

    package struct Answer: Codable, Equatable, Sendable {
        package let request: Int64
        /// Why it could not be done, a sentence. Nil: it was.
        package let failure: String?

        package init(_ request: Int64, failure: String? = nil) {
            self.request = request
            self.failure = failure
        }
    }
}
