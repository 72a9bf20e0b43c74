import RoostControl
import RoostModel
import Testing

/// What cannot be said about single members of a service.
struct MemberRuleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let members: [Int: MemberSettings]
        var instances = 3
        var wire = "mysql"
        var durability = ServiceSettings.Durability.sync
        /// Words of the reason. Nil: it is possible.
        var words: String?
    }

    private static let behind = MemberSettings(delaySeconds: 3600)
    private static let never = MemberSettings(priority: 0)
    private static let separate = MemberSettings(storage: .separate)

    static let cases = [
        Case(testDescription: "nothing", members: [:]),
        Case(testDescription: "never promoted", members: [1: never]),
        Case(testDescription: "never promoted again", members: [0: never]),
        Case(testDescription: "behind", members: [2: behind]),
        Case(testDescription: "a full copy", members: [1: separate]),
        Case(
            testDescription: "no such instance", members: [3: never],
            words: "there is no instance 3; the numbers of the instances are 0, 1, 2"),
        Case(
            testDescription: "a primary cannot stay behind", members: [0: behind],
            words: "instance 0 is the primary, which cannot stay behind"),
        Case(
            testDescription: "nobody to promote", members: [0: never, 1: never, 2: behind],
            words: "no instance could ever be promoted"),
        Case(
            testDescription: "an instance alone", members: [0: never], instances: 1,
            words: "no instance could ever be promoted"),
        Case(testDescription: "nobody waits for them", members: [1: behind, 2: behind], durability: .async),
        Case(
            testDescription: "commits would wait for ever", members: [1: behind, 2: behind], durability: .strict,
            words: "never acknowledges them"),
        Case(testDescription: "one acknowledges", members: [1: behind], durability: .strict),
        Case(testDescription: "PostgreSQL", members: [2: behind], wire: "postgresql"),
        Case(
            testDescription: "Redis", members: [2: behind], wire: "redis", words: "redis has no replicas with a 'delay'"
        ),
        Case(testDescription: "Redis, never promoted", members: [2: never], wire: "redis"),
        Case(
            testDescription: "MongoDB", members: [2: never], wire: "mongodb",
            words: "elect their primary themselves, and 'priority' is not supported"),
        Case(
            testDescription: "MongoDB, behind", members: [2: behind], wire: "mongodb",
            words: "no replicas with a 'delay'"),
        Case(testDescription: "MongoDB, a full copy", members: [2: separate], wire: "mongodb"),
    ]

    @Test(arguments: cases) func whatIsNotPossibleIsRefusedWithTheReason(_ sample: Case) throws {
        for standing in [nil, try Self.standing()] {
            let fault = Self.rule(standing, sample).fault(statesMembers: true)
            if let words = sample.words {
                #expect(fault?.contains(words) == true, "\(fault ?? "")")
            } else {
                #expect(fault == nil, "\(fault ?? "")")
            }
        }
    }

    /// A primary that was given a delay while it was a replica is not asked about again: the same file can be pushed.
    @Test func aPrimaryIsAskedAboutOnlyIfItsSettingsChange() throws {
        var standing = try Self.standing()
        standing.status.primary = 1
        let sample = Case(testDescription: "", members: [1: MemberSettings(delaySeconds: 60, storage: .separate)])
        #expect(Self.rule(standing, sample).fault(statesMembers: true) != nil)
        standing.spec.settings.members = sample.members
        #expect(Self.rule(standing, sample).fault(statesMembers: true) == nil)
    }

    @Test func theDataOfAPrimaryAreNotReplaced() throws {
        let sample = Case(testDescription: "", members: [0: Self.separate])
        #expect(Self.rule(nil, sample).fault(statesMembers: true) == nil, "its replicas are full copies")
        let fault = Self.rule(try Self.standing(), sample).fault(statesMembers: true)
        #expect(fault?.contains("roost promote data") == true, "\(fault ?? "")")
    }

    /// `scale` says nothing about members: entries of members that leave stay, without an effect.
    @Test func fewerInstancesAreNoFaultUnlessNobodyCouldBePromoted() throws {
        let standing = try Self.standing()
        let kept = Case(testDescription: "", members: [2: Self.never], instances: 2)
        #expect(Self.rule(standing, kept).fault(statesMembers: false) == nil)
        #expect(Self.rule(standing, kept).fault(statesMembers: true)?.contains("no instance 2") == true)
        let nobody = Case(testDescription: "", members: [0: Self.never, 1: Self.never], instances: 2)
        #expect(Self.rule(standing, nobody).fault(statesMembers: false)?.contains("ever be promoted") == true)
    }

    @Test(
        arguments: [
            ([1: behind, 2: behind], .sync, true), ([1: behind, 2: behind], .async, false), ([1: behind], .sync, false),
            ([1: never, 2: never], .sync, false),
        ] as [([Int: MemberSettings], ServiceSettings.Durability, Bool)])
    func aServiceThatNoReplicaAcknowledgesSaysSo(
        _ members: [Int: MemberSettings], _ durability: ServiceSettings.Durability, _ isNoted: Bool
    ) throws {
        let sample = Case(testDescription: "", members: members, durability: durability)
        #expect((Self.rule(nil, sample).note != nil) == isNoted)
    }

    private static func standing() throws -> Service {
        var service = try Samples.service("data", ServiceSettings(instances: 3, memory: .mebibytes(256)))
        service.status.members = try (0...2).map {
            .init(
                index: $0, host: "local", port: try #require(PortNumber(22000 + $0)),
                internalPort: try #require(PortNumber(31000 + $0)), serverID: UInt32($0 + 1), seeded: true)
        }
        return service
    }

    private static func rule(_ standing: Service?, _ sample: Case) -> MemberRule {
        let family = EngineFamily(
            name: sample.wire, types: [.mysql], wire: sample.wire, variableInfix: "", urlScheme: "", isSQL: true,
            applicationUser: "", names: nil, mostInstances: 8, electsItself: sample.wire == "mongodb",
            defaultMemory: .mebibytes(256), minimumMemory: .mebibytes(128))
        let settings = ServiceSettings(
            instances: sample.instances, memory: .mebibytes(256), durability: sample.durability,
            members: sample.members)
        return MemberRule(standing, settings: settings, family: family)
    }
}
