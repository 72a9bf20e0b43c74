import Foundation

/// What was decided for a service: the other of its two documents. Its reconciler alone writes it, by compare-and-set, and
/// before there are reconcilers the start of roostd.
/// What is merely observed (health, problems) is in memory and in the API's answers, never here.
package struct ServiceStatus: Codable, Equatable, Sendable {
    /// Made with the service and never used again, so that the directory of an earlier service of the same name is not
    /// taken for its own.
    package let uid: String
    /// Grows with each change of the primary. A server is opened only while its epoch is the current one.
    package var epoch: UInt64
    /// The release that the data belong to. Pinned at creation; an upgrade changes it.
    package var engine: EngineIdentity
    /// The address at the router for reads and writes. It never changes.
    package let endpoint: PortNumber
    package let readEndpoint: PortNumber
    /// The index of the member that takes writes.
    package var primary: Int
    package var members: [Member]
    /// Members that took writes in an earlier epoch and did not confirm yet that they take none any more. The primary is
    /// opened once they have. Nil: there is none.
    package var outgoing: [Int]?
    /// What a request has become behind a point of no return: an upgrade that is taken back is a restore. Nil: the pending
    /// request is carried out as it was asked for.
    package var procedure: Procedure?
    /// The generation of the upgrade whose newer server may have touched the data. Stored before that server is started
    /// the first time.
    package var pointOfNoReturn: Int?
    /// The generation of the last request that ended, whether it was carried out or given up.
    package var finishedRequest: Int
    /// The last upgrade that was taken back, until one succeeds.
    package var failedUpgrade: FailedUpgrade?
    /// The last request that was given up though nothing is wrong with the service.
    package var abandoned: Abandoned?
    /// Of a clone: the boot of the machine that its data were copied in. Data that do not wait for the disk may be torn
    /// after another boot, and are copied again.
    package var copiedInBoot: String?

    package init(
        uid: String, epoch: UInt64 = 1, engine: EngineIdentity, endpoint: PortNumber, readEndpoint: PortNumber,
        primary: Int = 0, members: [Member], outgoing: [Int]? = nil, procedure: Procedure? = nil,
        pointOfNoReturn: Int? = nil,
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
        self.outgoing = outgoing
        self.procedure = procedure
        self.pointOfNoReturn = pointOfNoReturn
        self.finishedRequest = finishedRequest
        self.failedUpgrade = failedUpgrade
        self.abandoned = abandoned
        self.copiedInBoot = copiedInBoot
    }

    /// One instance of the service.
    package struct Member: Codable, Equatable, Sendable {
        package let index: Int
        /// The machine that runs it: `local` while there is one.
        package let host: String
        /// The stable port at the router.
        package let port: PortNumber
        /// Where the server itself listens, on loopback alone.
        package var internalPort: PortNumber
        /// Made with a member that joined later, so that it is not taken for one that had its index before. Nil: the
        /// service's.
        package let uid: String?
        /// The server id that replication knows it by; unique in a home.
        package let serverID: UInt32
        /// Whether its data directory was made once. From then on a missing one is a fault, never a fresh start.
        package var seeded: Bool
        /// Set once the member is to go: the snapshot that its data become. Nil: it stays.
        package var leaving: String?

        // Snake case gives `server_id` for both spellings, and reading it back gives `serverId` alone.
        private enum CodingKeys: String, CodingKey {
            case index, host, port, internalPort, uid
            case serverID = "serverId"
            case seeded, leaving
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

    package struct Procedure: Codable, Equatable, Sendable {
        package let intent: Service.Intent
        /// The generation of the request that it came of.
        package let request: Int

        package init(_ intent: Service.Intent, of request: Int) {
            self.intent = intent
            self.request = request
        }
    }

    /// Why a request was given up; the service goes on as before.
    package struct Abandoned: Codable, Equatable, Sendable {
        package let reason: String
        /// Of the request.
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
        /// Of the request for the upgrade.
        package let generation: Int

        package init(engine: EngineIdentity, reason: String, generation: Int) {
            self.engine = engine
            self.reason = reason
            self.generation = generation
        }
    }

    // MARK: Changing

    /// A request has ended, with what it had become. A newer one stays pending.
    package mutating func finish(_ request: ServiceSpec.Request?) {
        guard let request, request.generation > finishedRequest else { return }
        finishedRequest = request.generation
        if let standing = procedure, standing.request <= request.generation { procedure = nil }
        if let engine = request.engine { self.engine = engine }
    }

    /// Names one instance and none that had its index before, or the service's name. There is no such member: the service.
    package func uid(of index: Int) -> String { members.first { $0.index == index }?.uid ?? uid }

    /// The data directory of a member is made. False: that was known.
    package mutating func markSeeded(_ index: Int) -> Bool {
        guard let place = members.firstIndex(where: { $0.index == index }), !members[place].seeded else { return false }
        members[place].seeded = true
        return true
    }
}
