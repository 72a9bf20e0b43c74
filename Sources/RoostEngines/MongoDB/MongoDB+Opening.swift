import Foundation
import Glibc
import RoostHost
import RoostModel

// From a closed server to a primary that clients may use.
extension MongoDB {
    package func open(_ plan: ServerPlan) async throws(EngineError) {
        try await becomePrimary(plan)
        try await administer(plan, overIdle: true) { connection throws(MongoFault) in
            try setWriteConcern(connection)
            // A clone's original had another password. Trying it would cost a sign-on, so it is set without a try.
            try setShownAccount(plan, connection, triesFirst: !plan.profile.isCopy)
        }
        try await markVersion(plan)
        try await administer(plan, overIdle: true) { connection throws(MongoFault) in
            _ = try connection.run(["setParameter": 1, "automationServiceDescriptor": .string(Self.openMark)])
        }
    }

    /// Makes the member a primary under the plan's address, from any earlier state.
    func becomePrimary(_ plan: ServerPlan) async throws(EngineError) {
        let deadline = ContinuousClock.now + .seconds(15)
        var trouble = ""
        repeat {
            let step = try await administer(plan, overIdle: true) { connection throws(MongoFault) in
                ReplicaSetStep.next(
                    try Self.see(connection), setName: MongoDBConfiguration.setName(of: plan.instance.service),
                    address: plan.memberAddress, isDurable: plan.profile.isDurable, isGroup: plan.group != nil)
            }
            do throws(EngineError) {
                switch step {
                case .done: return
                case .wait(let reason): trouble = reason
                case .stepUp: try await stepUp(plan)
                case .refuse(let reason): throw EngineError.refused(code: 0, message: reason)
                case .initiate(let configuration):
                    try await tell(plan, overIdle: true, ["replSetInitiate": .document(configuration)])
                    continue
                case .reconfigure(let configuration, let isForced):
                    try await tell(
                        plan, overIdle: true, ["replSetReconfig": .document(configuration), "force": .bool(isForced)])
                    continue
                }
            } catch {
                // The server has not finished its start. If a member does not find itself at the router, the error is
                // thrown and the caller retries.
                guard case .refused(let code, let message) = error, Self.mayPass.contains(code) else { throw error }
                trouble = message
            }
            // A cancelled wait ends at the deadline's check or with the next call.
            try? await Task.sleep(for: .milliseconds(5))
        } while ContinuousClock.now < deadline
        throw .notReachable("it does not become primary at \(plan.memberAddress): \(trouble)")
    }

    private static let mayPass: Set = [
        MongoFault.Code.alreadyInitialised, MongoFault.Code.notYetInitialised,
        MongoFault.Code.reconfigurationUnderWay, MongoFault.Code.notPrimary,
    ]

    func tell(
        _ plan: ServerPlan, overIdle: Bool = false, _ command: BSONDocument
    ) async throws(EngineError) {
        try await administer(plan, overIdle: overIdle) { connection throws(MongoFault) in
            _ = try connection.run(command)
        }
    }

    private static func see(_ connection: MongoConnection) throws(MongoFault) -> ReplicaSetStep.Seen {
        let found = try connection.run(["find": "system.replset", "limit": 1], on: "local")
        let configuration = found["cursor"]?.document?["firstBatch"]?.items?.first?.document
        do throws(MongoFault) {
            let status = try connection.run(["replSetGetStatus": 1])
            let state = status["myState"]?.number ?? 0
            // An elected member accepts writes only after it has applied what it has received.
            let hello = try connection.run(["hello": 1])
            let takesWrites = state == 1 && hello["isWritablePrimary"]?.isTrue == true
            return ReplicaSetStep.Seen(configuration: configuration, state: takesWrites ? .primary : .other(state))
        } catch {
            switch error.code {
            case MongoFault.Code.notMember: return ReplicaSetStep.Seen(configuration: configuration, state: .removed)
            case MongoFault.Code.notYetInitialised:
                return ReplicaSetStep.Seen(
                    configuration: configuration, state: .unready, wasInSet: try hasVoted(connection))
            default: throw error
            }
        }
    }

    /// A member keeps the term of its last vote; it is not positive in a set that has had no election. (A starting server
    /// refuses to read its oplog.)
    private static func hasVoted(_ connection: MongoConnection) throws(MongoFault) -> Bool {
        let found = try connection.run(["find": "replset.election", "limit": 1], on: "local")
        let vote = found["cursor"]?.document?["firstBatch"]?.items?.first?.document
        return vote?["term"]?.number ?? 0 > 0
    }

    /// The server's default while a set has no arbiters; set explicitly, it stays the same when an arbiter is added.
    func setWriteConcern(_ connection: MongoConnection) throws(MongoFault) {
        let standing = try connection.run(["getDefaultRWConcern": 1])
        let isSet = standing["defaultWriteConcernSource"]?.text == "global"
        if isSet, standing["defaultWriteConcern"]?.document?["w"]?.text == "majority" { return }
        try connection.run([
            "setDefaultRWConcern": 1, "defaultWriteConcern": ["w": "majority", "wtimeout": 0],
            "writeConcern": ["w": "majority", "wtimeout": 30_000],
        ])
    }

    /// Records beside the data the version that writes them from now on.
    private func markVersion(_ plan: ServerPlan) async throws(EngineError) {
        let version = try await administer(plan, overIdle: true) { connection throws(MongoFault) in
            try connection.run(["buildInfo": 1])["version"]?.text
        }
        guard let version else { return }
        var status = stat()
        let owner =
            stat(plan.folders.data, &status) == 0
            ? ServerUser(name: "", uid: status.st_uid, gid: status.st_gid) : nil
        try Self.mark(plan.folders.data, version, owner: owner)
    }
}
