import Foundation
import RoostAPI
import RoostModel
import Testing

/// What the build file says about single members.
@Suite
struct MemberSettingsTests {
    private static let rows = ReplicaTests.newest.filter { ["mariadb", "mysql", "postgresql"].contains($0.type) }

    /// A member that is never promoted is passed over, on request and after the end of the primary, unless it is named.
    @Test(arguments: rows)
    func aMemberThatIsNeverPromotedIsPassedOver(_ row: EngineRow) async throws {
        try await withRoost { roost in
            try await roost.add(row)
            try await roost.push(row.file(keys: "instances: 3, members: {1: {priority: 0}, 2: {priority: 5}}"))
            try await roost.replicated()
            let service = try await roost.info("it", showPassword: true)
            #expect(service.instances.map(\.priority) == [1, 0, 5] && service.instances[1].synchronous == true)
            let refused = try await roost.roost("promote", "it.1", "-A", "ramen")
            #expect(refused.status == 1 && refused.errors.contains("never promoted (priority: 0)"), "\(refused)")
            try await roost.roost("promote", "it", "-A", "ramen").expectSuccess()
            #expect(try await roost.roles() == ["replica", "replica", "primary"])
            try await roost.replicated()
            _ = try await roost.ask(row, service, "put", "b", "kept")
            let primary = try #require(try await roost.info("it").instances[2].pid)
            kill(primary, SIGKILL)
            try await roost.eventuallyReads(row, "b", "kept", at: service.url)
            #expect(try await roost.roles()[1] == "replica")
            try await roost.replicated()
            try await roost.roost("failover", "it.1", "-A", "ramen", "--yes").expectSuccess()
            #expect(try await roost.roles()[1] == "primary")
            #expect(try await roost.ask(row, service, "get", "b") == "kept")
        }
    }

    /// A member begins to stay behind, and catches up, without a restart.
    @Test(arguments: rows)
    func aReplicaStaysBehindOnPurpose(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            try await roost.scale(to: 3)
            try await roost.replicated()
            _ = try await roost.ask(row, service, "put", "a", "old")
            let before = try await roost.info("it", showPassword: true)
            try await roost.eventuallyReads(row, "a", "old", at: before.url(ofInstance: 2))
            try await roost.push(row.file(keys: "instances: 3, members: {2: {delay: 1h}}"))
            try await roost.replicated()
            let group = try await roost.info("it", showPassword: true)
            #expect(group.instances.map(\.pid) == before.instances.map(\.pid), "no server was restarted")
            #expect(group.instances.map(\.synchronous) == [nil, true, false], "\(group)")
            #expect(group.instances.map(\.delaySeconds) == [nil, nil, 3600] && group.state == .running, "\(group)")
            _ = try await roost.ask(row, service, "put", "a", "new")
            try await roost.eventuallyReads(row, "a", "new", at: group.url(ofInstance: 1))
            // The value of an hour ago is there, at the member's own port alone.
            #expect(try await roost.ask(row, at: group.url(ofInstance: 2), "get", "a") == "old")
            for _ in 0..<4 {
                #expect(try await roost.ask(row, at: group.url(port: group.readEndpoint.port), "get", "a") == "new")
            }
            let refused = try await roost.roost("promote", "it.2", "-A", "ramen")
            #expect(refused.status == 1 && refused.errors.contains("stays behind on purpose"), "\(refused)")

            try await roost.push(row.file(keys: "instances: 3, members: {}"))
            try await roost.eventuallyReads(row, "a", "new", at: group.url(ofInstance: 2))
            try await roost.replicated()
            #expect(try await roost.info("it").instances.map(\.synchronous) == [nil, true, true])
        }
    }

    @Test(arguments: rows.prefix(1))
    func aReplicaGetsAFullCopyOnceItIsAskedFor(_ row: EngineRow) async throws {
        try await withRoost { roost in
            let service = try await roost.serve(row)
            try await roost.scale(to: 2)
            try await roost.replicated()
            _ = try await roost.ask(row, service, "put", "a", "before")
            let file = row.file(keys: "instances: 2, members: {1: {storage: separate}}")
            let asked = try await roost.tryPush(file)
            #expect(asked.status == 4 && asked.errors.contains("it.1 gets a new, full copy"), "\(asked)")
            try await roost.push(file, yes: true)
            try await roost.replicated()
            let group = try await roost.info("it", showPassword: true)
            #expect(group.instances.map(\.storage) == ["shared", "separate"], "\(group)")
            try await roost.eventuallyReads(row, "a", "before", at: group.url(ofInstance: 1))
            #expect(try await roost.snapshots().contains { $0.reason == "diverged" })
            let again = try await roost.tryPush(file)
            #expect(again.status == 0, "\(again)")
        }
    }

    @Test(arguments: rows.prefix(1))
    func whatIsNotPossibleIsRefusedBeforeAnythingChanges(_ row: EngineRow) async throws {
        try await withRoost { roost in
            _ = try await roost.serve(row)
            let before = try await roost.info("it").instances
            for (keys, words) in [
                ("instances: 2, members: {2: {priority: 0}}", "there is no instance 2"),
                ("instances: 2, members: {0: {delay: 1h}}", "is the primary, which cannot stay behind"),
                ("instances: 2, members: {0: {priority: 0}, 1: {priority: 0}}", "no instance could ever be promoted"),
                ("instances: 2, durability: strict, members: {1: {delay: 1h}}", "never acknowledges them"),
                ("instances: 2, members: {1: {delay: 1h, priority: 3}}", "a member with a delay is never promoted"),
            ] {
                let refused = try await roost.tryPush(row.file(keys: keys))
                #expect(refused.status == 2 && refused.errors.contains(words), "\(refused)")
            }
            #expect(try await roost.info("it").instances == before)
        }
    }
}
