import Foundation

/// Status of a service, the document with what was decided. Only its reconciler writes it, by compare-and-set, and
/// before there are reconcilers the start of roostd. Observations (health, problems) are kept in memory and in the
/// API's answers, never here.
package struct ServiceStatus: Codable, Equatable, Sendable {
    /// Unique id, made with the service and never reused: the directory of an earlier service of the same name is not
    /// taken for its own.
    package let uid: String
    /// Epoch, higher with each change of the primary. A server is opened only while its epoch is the current one.
    package var epoch: UInt64
    /// Release that the data belong to. Pinned at creation; an upgrade changes it.
    package var engine: EngineIdentity
    /// Port at the router for reads and writes. It never changes.
    package let endpoint: PortNumber
    package let readEndpoint: PortNumber
    /// Index of the member that takes writes.
    package var primary: Int
    package var members: [Member]
    /// Record of the replicas that acknowledge commits. Nil if the service never had a synchronous replica.
    package var synchronous: Synchronous?
    /// The service's domain in the transaction ids of MariaDB. Nil until the members change for the first time: then it
    /// is the first member's server id.
    package var replicationDomain: UInt32?
    /// The passwords of the members' replication accounts. Nil until they are changed for the first time.
    package var replicationPasswords: ReplicationPasswords?
    /// Members that took writes in an earlier epoch and have not confirmed yet that they stopped. The primary is
    /// opened once they have. Nil if there are none.
    package var outgoing: [Int]?
    /// Procedure that replaces a request after a point of no return: an upgrade that is taken back becomes a restore.
    /// Nil if the pending request is carried out as requested.
    package var procedure: Procedure?
    /// Generation of the upgrade whose newer server may have touched the data. Stored before the first start of that
    /// server.
    package var pointOfNoReturn: Int?
    /// Generation of the last request that ended, carried out or given up.
    package var finishedRequest: Int
    /// The last upgrade that was taken back, until one succeeds.
    package var failedUpgrade: FailedUpgrade?
    /// The last request that was given up without a fault of the service.
    package var abandoned: Abandoned?
    /// For a clone: boot id of the machine when its data were copied. Data that do not wait for the disk may be torn
    /// after another boot, and are copied again.
    package var copiedInBoot: String?

    package init(
        uid: String, epoch: UInt64 = 1, engine: EngineIdentity, endpoint: PortNumber, readEndpoint: PortNumber,
        primary: Int = 0, members: [Member], synchronous: Synchronous? = nil, replicationDomain: UInt32? = nil,
        outgoing: [Int]? = nil, procedure: Procedure? = nil, pointOfNoReturn: Int? = nil,
        finishedRequest: Int = 0,
        failedUpgrade: FailedUpgrade? = nil, abandoned: Abandoned? = nil,
        copiedInBoot: String? = nil
    ) {
        self.uid = uid
        self.epoch = epoch
        self.engine = engine
        self.endpoint = endpoint
        self.readEndpoint = readEndpoint
        self.primary = primary
        self.members = members
        self.synchronous = synchronous
        self.replicationDomain = replicationDomain
        self.outgoing = outgoing
        self.procedure = procedure
        self.pointOfNoReturn = pointOfNoReturn
        self.finishedRequest = finishedRequest
        self.failedUpgrade = failedUpgrade
        self.abandoned = abandoned
        self.copiedInBoot = copiedInBoot
    }

    /// An instance of the service.
    package struct Member: Codable, Equatable, Sendable {
        package let index: Int
        /// Machine that runs the instance: `local` while there is only one.
        package let host: String
        /// Stable port at the router.
        package let port: PortNumber
        /// Port that the server itself listens on, on loopback only.
        package var internalPort: PortNumber
        /// Unique id of a member that joined later, so that it is not taken for an earlier member with its index. Nil
        /// means the service's uid.
        package let uid: String?
        /// Server id in replication; unique in a home.
        package let serverID: UInt32
        /// Whether the data directory was ever made. Once it was, a missing directory is a fault, never a fresh
        /// start.
        package var seeded: Bool
        /// Set once the member is to leave: the snapshot that its data become. Nil if it stays.
        package var leaving: String?
        /// Set while the member's data are to be replaced by those of the primary.
        package var reseeding: Reseeding?
        /// Generation of the last request for new data that was taken up. Nil if there was none.
        package var reseeded: Int?

        /// The replacement of a member's data by those of the primary.
        package struct Reseeding: Codable, Equatable, Sendable {
            /// Snapshot that the present data become.
            package let keep: String
            /// Why the data are replaced, a clause: `broken: duplicate key in shop.orders`.
            package let reason: String

            package init(keep: String, reason: String) {
                self.keep = keep
                self.reason = reason
            }
        }

        // Snake case gives `server_id` for both spellings, and reading it back gives `serverId` alone.
        private enum CodingKeys: String, CodingKey {
            case index, host, port, internalPort, uid
            case serverID = "serverId"
            case seeded, leaving, reseeding, reseeded
        }

        package init(
            index: Int, host: String, port: PortNumber, internalPort: PortNumber, serverID: UInt32,
            seeded: Bool = false, uid: String? = nil, leaving: String? = nil
        ) {
            self.uid = uid
            self.leaving = leaving
            self.index = index
            self.host = host
            self.port = port
            self.internalPort = internalPort
            self.serverID = serverID
            self.seeded = seeded
        }
    }

    /// The replicas on which acknowledged commits are.
    ///
    /// A replica is recorded before it may acknowledge, and removed only after it no longer does and another voter has
    /// all that the primary had by then.
    package struct Synchronous: Codable, Equatable, Sendable {
        /// Indices of the replicas that may acknowledge commits, sorted. Empty: the primary waits for nobody.
        package var voters: [Int]
        /// Whether each acknowledged commit is on a voter as well.
        package var isInForce: Bool
        /// When `isInForce` changed last.
        package var since: Date

        package init(voters: [Int], isInForce: Bool, since: Date) {
            self.voters = voters
            self.isInForce = isInForce
            self.since = since
        }
    }

    package struct Procedure: Codable, Equatable, Sendable {
        package let goal: Service.Goal
        /// Generation of the request that led to the procedure.
        package let request: Int

        private enum CodingKeys: String, CodingKey {
            // The key of documents since spec and status are two.
            case goal = "intent"
            case request
        }

        package init(_ goal: Service.Goal, of request: Int) {
            self.goal = goal
            self.request = request
        }
    }

    /// Why a request was given up; the service goes on as before.
    package struct Abandoned: Codable, Equatable, Sendable {
        package let reason: String
        /// Generation of the request.
        package let generation: Int

        package init(reason: String, generation: Int) {
            self.reason = reason
            self.generation = generation
        }
    }

    /// Why a newer server did not come up on this service's data.
    package struct FailedUpgrade: Codable, Equatable, Sendable {
        package let engine: EngineIdentity
        package let reason: String
        /// Generation of the request for the upgrade.
        package let generation: Int

        package init(engine: EngineIdentity, reason: String, generation: Int) {
            self.engine = engine
            self.reason = reason
            self.generation = generation
        }
    }

    // MARK: Changing

    /// Marks a request as ended, with the procedure that it led to. A newer request stays pending.
    package mutating func finish(_ request: ServiceSpec.Request?) {
        guard let request, request.generation > finishedRequest else { return }
        finishedRequest = request.generation
        if let standing = procedure, standing.request <= request.generation { procedure = nil }
        if let engine = request.engine { self.engine = engine }
    }

    /// Uid of one instance, unlike that of any earlier instance with its index or of an earlier service with the
    /// name. The service's uid if there is no such member.
    package func uid(of index: Int) -> String { members.first { $0.index == index }?.uid ?? uid }

    /// The service's domain in the transaction ids of MariaDB: the same for all members, and for the service's whole
    /// life.
    package var domain: UInt32 { replicationDomain ?? members.first?.serverID ?? 1 }

    /// Whether the member may acknowledge commits.
    package func isVoter(_ index: Int) -> Bool { synchronous?.voters.contains(index) ?? false }

    /// Notes that the data directory of a member was made. False if that was known, or there is no such member.
    package mutating func markSeeded(_ index: Int) -> Bool {
        guard let place = members.firstIndex(where: { $0.index == index }),
            !members[place].seeded || members[place].reseeding != nil
        else { return false }
        members[place].seeded = true
        members[place].reseeding = nil
        return true
    }

    /// Id of the snapshot that a replica is made of. A snapshot for an earlier instance is too old, and one of another
    /// epoch may hold data that the present primary lacks.
    package func seed(of index: Int) -> String {
        let reseeding = members.first { $0.index == index }?.reseeding.map { "-\($0.keep)" } ?? ""
        return "seed-\(uid(of: index))-\(epoch)\(reseeding)"
    }
}
