import RoostModel
import Testing

@testable import RoostEngines

/// Reports on replica sets and changes of their configuration, without servers.
@Suite struct MongoDBSetTests {
    // MARK: Reports

    static func optime(_ seconds: Int64, _ counter: Int64 = 1, term: Int64 = 3) -> BSONValue {
        ["ts": ["$timestamp": ["t": .int(seconds), "i": .int(counter)]], "t": .int(term)]
    }

    static func member(
        _ id: Int64, _ state: Int64, _ seconds: Int64, isSelf: Bool = false, source: String = "", health: Int64 = 1
    ) -> BSONValue {
        var member: BSONDocument = [
            "_id": .int(id), "name": .string("127.0.0.1:2100\(id)"), "state": .int(state), "health": .int(health),
            "optime": optime(seconds), "syncSourceHost": .string(source),
        ]
        if isSelf { member["self"] = true }
        return .document(member)
    }

    static func status(
        _ state: Int64, _ seconds: Int64, source: String = "", isTooStale: Bool = false, _ members: BSONValue...
    ) -> SetStatus {
        var status: BSONDocument = [
            "myState": .int(state), "optimes": ["appliedOpTime": optime(seconds)], "members": .array(members),
            "syncSourceHost": .string(source),
        ]
        if isTooStale { status["tooStale"] = true }
        return SetStatus(status)
    }

    static func position(_ seconds: UInt64) -> Position { .mongodb(term: 3, time: seconds << 32 | 1) }

    static func entry(_ index: Int64, votes: Int64 = 1, isTagged: Bool = true, host: String = "127.0.0.1") -> BSONValue
    {
        var entry: BSONDocument = [
            "_id": .int(index), "host": .string("\(host):2100\(index)"), "votes": .int(votes), "priority": .int(votes),
        ]
        if isTagged {
            entry["tags"] = [
                "roost_index": .string("\(index)"), "roost_uid": .string("uid\(index)"),
                "roost_port": .string("3000\(index)"), "roost_server": .string("\(70 + index)"),
            ]
        }
        return .document(entry)
    }

    static func set(_ entries: [BSONValue], version: Int64 = 7, isTuned: Bool = true) throws -> SetDocument {
        let settings: BSONDocument = isTuned ? ["heartbeatIntervalMillis": 200, "chainingAllowed": false] : ["x": 1]
        return try #require(
            SetDocument(["version": .int(version), "members": .array(entries), "settings": .document(settings)]))
    }

    static let reports: [(status: SetStatus?, primary: String?, report: ReplicationReport)] = [
        (nil, nil, ReplicationReport(role: .replica, link: .connecting(reason: MongoDBReplication.unlisted))),
        (
            status(
                1, 50, member(0, 1, 50, isSelf: true), member(1, 2, 50, source: "127.0.0.1:21000"),
                member(2, 8, 40, health: 0)), "127.0.0.1:21000",
            ReplicationReport(
                role: .primary, received: position(50), applied: position(50), isSynchronous: true,
                acknowledgers: [1, 2], receivers: [71])
        ),
        (
            status(
                2, 50, source: "127.0.0.1:21000", member(0, 1, 50), member(1, 2, 50, isSelf: true)), "127.0.0.1:21000",
            ReplicationReport(
                role: .replica, link: .up, source: PortNumber(30_000), received: position(50), applied: position(50),
                secondsBehind: 0)
        ),
        (
            // The heartbeat's news is older than the changes themselves.
            status(
                2, 50, source: "127.0.0.1:21000", member(0, 1, 40), member(1, 2, 50, isSelf: true)), "127.0.0.1:21000",
            ReplicationReport(
                role: .replica, link: .up, source: PortNumber(30_000), received: position(50), applied: position(50),
                secondsBehind: 0)
        ),
        (
            status(2, 50, member(0, 1, 62), member(1, 2, 50, isSelf: true)), "127.0.0.1:21000",
            ReplicationReport(
                role: .replica, link: .connecting(reason: "it has not found the primary's changes yet"),
                source: PortNumber(30_000), received: position(50), applied: position(50), secondsBehind: 12)
        ),
        (
            status(2, 50, member(0, 8, 50, health: 0), member(1, 2, 50, isSelf: true)), nil,
            ReplicationReport(
                role: .replica, link: .connecting(reason: "the replica set has no primary"), received: position(50),
                applied: position(50))
        ),
        (
            status(3, 50, isTooStale: true, member(0, 1, 90), member(1, 3, 50, isSelf: true)), "127.0.0.1:21000",
            ReplicationReport(
                role: .replica, link: .broken(reason: "the primary no longer keeps the changes that it lacks"),
                source: PortNumber(30_000), received: position(50), applied: position(50), secondsBehind: 40)
        ),
    ]

    @Test(arguments: reports.indices) func aReportIsReadFromTheAnswers(_ index: Int) throws {
        let (status, primary, report) = Self.reports[index]
        let set = try Self.set([Self.entry(0), Self.entry(1), Self.entry(2)])
        let hello: BSONDocument = primary.map { ["primary": .string($0)] } ?? [:]
        var found = MongoDBReplication(hello: hello, status: status, set: set).report
        found.heard = nil
        #expect(found == report)
    }

    /// A replica hears its primary by heartbeats, in both directions; without a primary it hears nobody.
    @Test func aReplicaHearsThePrimarysHeartbeats() throws {
        let set = try Self.set([Self.entry(0), Self.entry(1)])
        func heard(_ state: Int64, _ received: String) -> String? {
            var primary = Self.member(0, state, 50)
            if case .document(var document) = primary {
                document["lastHeartbeatRecv"] = ["$date": .string(received)]
                document["lastHeartbeat"] = ["$date": "a"]
                primary = .document(document)
            }
            let status = Self.status(2, 50, primary, Self.member(1, 2, 50, isSelf: true))
            return MongoDBReplication(hello: [:], status: status, set: set).report.heard
        }
        #expect(heard(1, "r") == "r a" && heard(1, "s") == "s a" && heard(2, "r") == "")
        let leading = Self.status(1, 50, Self.member(0, 1, 50, isSelf: true), Self.member(1, 2, 50))
        #expect(MongoDBReplication(hello: [:], status: leading, set: set).report.heard == nil)
    }

    @Test func aSetOfOneWaitsForNobody() throws {
        let set = try Self.set([Self.entry(0), Self.entry(1, votes: 0)])
        let status = Self.status(1, 9, Self.member(0, 1, 9, isSelf: true), Self.member(1, 2, 9))
        let report = MongoDBReplication(hello: [:], status: status, set: set).report
        #expect(report.isSynchronous == false && report.acknowledgers == [])
    }

    // MARK: Members

    static func peer(_ index: Int, host: String = "127.0.0.1", uid: String? = nil) throws -> SetPeer {
        SetPeer(
            index: index, uid: uid ?? "uid\(index)",
            address: RouterAddress(host: host, port: try #require(PortNumber(21_000 + index))),
            internalPort: try #require(PortNumber(30_000 + index)), serverID: UInt32(70 + index))
    }

    private func roster(_ set: SetDocument, _ peers: [SetPeer]) -> SetDocument? {
        SetDocument(SetRoster.next(set, peers: peers, own: 21_000))
    }

    @Test func newMembersAreListedWithoutAVote() throws {
        let peers = try (0...2).map { try Self.peer($0) }
        let next = try #require(roster(try Self.set([Self.entry(0, isTagged: false)], isTuned: false), peers))
        #expect(next.entries.map(\.hasVote) == [true, false, false])
        #expect(next.entries.map(\.id) == [0, 1, 2] && next.entries.map(\.index) == [0, 1, 2])
        #expect(next.document["version"] == 8)
        #expect(next[setting: "heartbeatIntervalMillis"] == 200 && next[setting: "x"] == 1)
        #expect(roster(next, peers) == nil, "nothing is left to do")
        #expect(next.roster == SetRoster.expected(peers))
    }

    @Test func aMemberThatIsNoLongerWantedLosesItsVoteFirst() throws {
        let set = try Self.set([Self.entry(0), Self.entry(1), Self.entry(2)])
        let first = try #require(roster(set, [try Self.peer(0), try Self.peer(1)]))
        #expect(first.entries.map(\.hasVote) == [true, true, false])
        let second = try #require(roster(first, [try Self.peer(0), try Self.peer(1)]))
        #expect(second.entries.map(\.index) == [0, 1])
    }

    @Test func aNewMemberInAnothersPlaceIsNotTakenForIt() throws {
        let peers = [try Self.peer(0), try Self.peer(1, uid: "another")]
        let set = try Self.set([Self.entry(0), Self.entry(1)])
        let first = try #require(roster(set, peers))
        #expect(first.entries.map(\.hasVote) == [true, false] && first.entries.last?.tag("roost_uid") == "uid1")
        let second = try #require(roster(first, peers))
        #expect(second.entries.last?.tag("roost_uid") == "another" && second.entries.last?.hasVote == false)
        #expect(second.entries.last?.id == 2, "its number is a new one")
    }

    @Test func newAddressesAreSetInOneChangeAndKeepVotes() throws {
        let peers = try (0...1).map { try Self.peer($0, host: "10.0.0.9") }
        let next = try #require(roster(try Self.set([Self.entry(0), Self.entry(1)]), peers))
        #expect(next.entries.map(\.host) == ["10.0.0.9:21000", "10.0.0.9:21001"])
        #expect(next.entries.map(\.hasVote) == [true, true])
    }

    @Test func theListIsChangedOnlyFromAMemberOfIt() throws {
        let peers = [try Self.peer(0), try Self.peer(1)]
        #expect(SetRoster.next(try Self.set([Self.entry(0)]), peers: peers, own: 21_001) == nil)
        #expect(SetRoster.next(try Self.set([Self.entry(0)]), peers: [], own: 21_000) == nil)
    }

    @Test func theLastMemberTakesTheOthersVotesOneByOneAndRemovesThem() throws {
        let set = try Self.set([Self.entry(0), Self.entry(1), Self.entry(2)])
        var votes: [[Bool]] = []
        var next: SetDocument? = set
        while let step = next.flatMap({ SetDocument(SetRoster.alone($0, own: 21_001)) }) {
            votes.append(step.entries.map(\.hasVote))
            next = step
        }
        #expect(votes == [[true, true, false], [false, true, false], [true]])
        #expect(next?.entries.map(\.index) == [1])
        #expect(SetRoster.alone(set, own: 21_009) == nil, "only a member changes the list")
    }

    // MARK: Votes

    private func votes(_ votes: [Int64], seconds: [Int64] = [50, 50, 50], voters: Set<Int>) throws -> [Bool]? {
        let set = try Self.set(votes.enumerated().map { Self.entry(Int64($0), votes: $1) })
        let status = Self.status(
            1, seconds[0], Self.member(0, 1, seconds[0], isSelf: true), Self.member(1, 2, seconds[1]),
            Self.member(2, 2, seconds[2]))
        guard case .reconfigure(let document) = SetVotes.next(set, status, voters: voters, own: 21_000) else {
            return nil
        }
        return SetDocument(document)?.entries.map(\.hasVote)
    }

    @Test func oneVoteChangesAtATimeAndOneIsGivenBeforeAnotherIsTaken() throws {
        #expect(try votes([1, 0, 0], voters: [1, 2]) == [true, true, false])
        #expect(try votes([1, 1, 0], voters: [1, 2]) == [true, true, true])
        #expect(try votes([1, 1, 1], voters: [1, 2]) == nil)
        #expect(try votes([1, 1, 0], voters: [2]) == [true, true, true])
        #expect(try votes([1, 1, 1], voters: [2]) == [true, false, true])
        #expect(try votes([1, 1, 1], voters: []) == [true, true, false])
        #expect(try votes([1, 1, 0], voters: []) == [true, false, false])
        #expect(try votes([1, 0, 0], seconds: [50, 48, 49], voters: [1, 2]) == [true, false, true])
        #expect(try votes([1, 0, 0], seconds: [50, 48, 48], voters: [1, 2]) == nil)
    }

    @Test func aMemberWithoutDataOrEntryIsWaitedFor() throws {
        let set = try Self.set([Self.entry(0), Self.entry(1, votes: 0)])
        let status = Self.status(1, 50, Self.member(0, 1, 50, isSelf: true), Self.member(1, 5, 50))
        #expect(
            SetVotes.next(set, status, voters: [1], own: 21_000)
                == .wait("member 1 has not caught up with the primary yet"))
        #expect(
            SetVotes.next(set, status, voters: [4], own: 21_000) == .wait("member 4 is not in the replica set yet"))
    }

    // MARK: Becoming the primary

    @Test func noElectionIsAskedForWhileAMemberWithAVoteIsAhead() {
        func isBehind(_ other: Int64, health: Int64 = 1, voters: [Int64] = [0, 1]) -> Bool {
            Self.status(
                2, 50, Self.member(0, 2, other, health: health), Self.member(1, 2, 50, isSelf: true)
            ).isBehind(voters)
        }
        #expect(isBehind(51))
        #expect(!isBehind(50) && !isBehind(51, health: 0) && !isBehind(51, voters: [1]))
    }

    static let several: BSONDocument = ["version": 3, "members": [entry(0), entry(1), entry(2)]]
    static let alone: BSONDocument = ["version": 3, "members": [entry(0)]]

    static let steps: [(seen: ReplicaSetStep.Seen, address: String, step: ReplicaSetStep)] = [
        (.init(configuration: several, state: .primary), "127.0.0.1:21000", .done),
        (.init(configuration: several, state: .other(2)), "127.0.0.1:21000", .stepUp),
        (
            .init(configuration: several, state: .removed), "127.0.0.1:21000",
            .wait("no other member reaches it at its address")
        ),
        (
            .init(configuration: several, state: .other(3)), "127.0.0.1:21000",
            .wait("it is in replica set member state 3")
        ),
        // The seed of a member that the primary has not listed: its configuration is the primary's.
        (
            .init(configuration: alone, state: .removed), "127.0.0.1:21001",
            .refuse("it is not in the replica set yet")
        ),
        (
            .init(configuration: nil, state: .unready, wasInSet: true), "127.0.0.1:21000",
            .refuse("the configuration of its replica set is gone")
        ),
        (
            .init(configuration: nil, state: .unready), "127.0.0.1:21000",
            .initiate(["_id": "s", "members": [["_id": 0, "host": "127.0.0.1:21000"]]])
        ),
    ]

    @Test(arguments: steps.indices) func aMemberOfAGroupIsTold(_ index: Int) {
        let (seen, address, step) = Self.steps[index]
        #expect(ReplicaSetStep.next(seen, setName: "s", address: address, isGroup: true) == step)
    }

    @Test(arguments: [true, false]) func aSetOfSeveralIsNeverForced(_ isGroup: Bool) {
        for state in [ReplicaSetStep.State.primary, .removed, .unready, .other(1), .other(2), .other(9)] {
            let step = ReplicaSetStep.next(
                .init(configuration: Self.several, state: state), setName: "s", address: "10.0.0.1:5", isGroup: isGroup)
            if case .reconfigure = step { Issue.record("\(state)") }
        }
    }

    static let looks: [(hello: BSONDocument, health: Health)] = [
        (["isWritablePrimary": false, "secondary": true, "setName": "s", "hosts": ["a", "b"]], .closed),
        (["isWritablePrimary": false, "setName": "s", "hosts": ["a"], "passives": ["b"]], .closed),
        (
            ["isWritablePrimary": false, "secondary": true, "setName": "s", "hosts": ["a"]],
            .starting("it is being elected primary")
        ),
        (["isWritablePrimary": true, "setName": "s", "hosts": ["a", "b"]], .closed),
    ]

    @Test(arguments: looks.indices) func aLookAtAMemberSays(_ index: Int) {
        #expect(MongoDB.health(Self.looks[index].hello) == Self.looks[index].health)
    }

    @Test(arguments: ["heartBeatFrequencyMs", "bgSyncOplogFetcherBatchSize", "forceRollbackViaRefetch"])
    func settingsThatReplicationRestsOnAreRefused(_ name: String) {
        #expect(MongoDBSettingRules.reason(against: "setParameter.\(name)") == "it is reserved for replication")
    }
}
