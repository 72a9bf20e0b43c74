import Foundation
import RoostModel
import Testing

/// A MongoDB service of several instances, which elects its primary.
@Suite(.enabled(if: FetchedMongoDB.isHere, "there is no mongod or no pymongo; scripts/setup --tests fetches both"))
struct MongoGroupTests {
    /// A group grows, survives its primary, changes it on request, and shrinks; earlier writes are there at each step.
    @Test func aGroupGrowsElectsAndShrinks() async throws {
        try await withMongo { roost in
            try await roost.push(MongoDBTests.one)
            try await roost.mongo("db.t.insert_one({'n': 1})")
            try await scale(roost, to: 3)
            let group = try await roost.info("data", showPassword: true)
            #expect(group.instances.map(\.synchronous) == [nil, true, true], "\(group)")
            for instance in group.instances { #expect(group.url?.contains(":\(instance.port)") == true) }

            let pid = try #require(group.instances.first { $0.role == "primary" }?.pid)
            kill(pid, SIGKILL)
            try await roost.mongo("db.t.insert_one({'n': 2})")
            try await roost.roost("wait", "data", "-A", "ramen", "--for", "replicated", "--timeout", "120s")
                .expectSuccess()
            let after = try await roost.info("data", showPassword: true)
            #expect(after.instances.filter { $0.role == "primary" }.count == 1 && after.url == group.url, "\(after)")

            let target = try #require(after.instances.first { $0.role == "replica" }?.name)
            try await roost.roost("promote", target, "-A", "ramen").expectSuccess()
            let promoted = try await roost.info("data")
            #expect(promoted.instances.first { $0.role == "primary" }?.name == target, "\(promoted)")
            #expect(try await roost.mongo("print(db.t.count_documents({}))") == "2")
            try await scale(roost, to: 1)
            #expect(try await roost.mongo("print(db.t.count_documents({}))") == "2")
        }
    }

    /// A transaction that ends in time is on the new primary. A member without a vote is not promoted.
    @Test func anOpenTransactionHasTimeToEnd() async throws {
        try await withMongo { roost in
            try await roost.push(MongoDBTests.one)
            try await roost.mongo("db.t.insert_one({'n': 1})")
            try await scale(roost, to: 3)
            let mark = "\(roost.home)/transaction-is-open"
            async let transaction = roost.mongo(
                """
                import time
                with client.start_session() as session:
                    with session.start_transaction():
                        db.t.insert_one({'n': 2}, session=session)
                        open('\(mark)', 'w').close()
                        time.sleep(5)
                """)
            try await eventually("a transaction is open") { FileManager.default.fileExists(atPath: mark) }
            try await roost.roost("promote", "data.1", "-A", "ramen", "--drain", "60s").expectSuccess()
            _ = try await transaction
            #expect(try await roost.info("data").instances.first { $0.role == "primary" }?.name == "data.1")
            #expect(try await roost.mongo("print(db.t.count_documents({}))") == "2")
            try await roost.push(
                BuildFiles.services("data: {type: mongodb, memory: 256M, instances: 3, durability: async}"))
            let dry = try await roost.roost("promote", "data", "-A", "ramen", "--dry-run")
            #expect(dry.status == 6 && dry.output.contains("has no vote"), "\(dry)")
        }
    }

    /// A primary that hangs is replaced by the members, and Roost follows.
    @Test func theElectionOfTheMembersIsAdopted() async throws {
        try await withMongo { roost in
            try await roost.push(MongoDBTests.one)
            try await scale(roost, to: 3)
            let before = try #require(try await roost.info("data").instances.first { $0.role == "primary" })
            let hung = try #require(before.pid)
            kill(hung, SIGSTOP)
            defer { kill(hung, SIGCONT) }
            try await eventually("another member is recorded as the primary", within: .seconds(60)) {
                try await roost.info("data").instances.contains { $0.role == "primary" && $0.name != before.name }
            }
            try await roost.mongo("db.t.insert_one({'n': 1})")
            kill(hung, SIGCONT)
            try await roost.roost("wait", "data", "-A", "ramen", "--for", "replicated", "--timeout", "120s")
                .expectSuccess()
            #expect(try await roost.mongo("print(db.t.count_documents({}))") == "1")
        }
    }

    @Test func evenNumbersAndWhatIsNotBuiltAreRefused() async throws {
        try await withMongo { roost in
            try await roost.push(MongoDBTests.one)
            for (count, words) in [(2, "an odd number"), (4, "an odd number"), (9, "at most 7 instances")] {
                for flags in [["--dry-run"], ["--yes"]] {
                    let refused = try await roost.roost(["scale", "data:instances=\(count)", "-A", "ramen"] + flags)
                    #expect(refused.status != 0 && refused.errors.contains(words), "\(refused)")
                }
            }
            #expect(try await roost.info("data").instances.count == 1)
        }
    }

    private func scale(_ roost: Roost, to count: Int) async throws {
        try await roost.roost("scale", "data:instances=\(count)", "-A", "ramen", "--yes").expectSuccess()
        let goal = count > 1 ? "replicated" : "ready"
        try await roost.roost("wait", "data", "-A", "ramen", "--for", goal, "--timeout", "120s").expectSuccess()
        #expect(try await roost.info("data").instances.count == count)
    }

    /// MongoDB cannot copy a running server by itself: its replicas are made by reflinks, in a pool.
    private func withMongo(_ body: (Roost) async throws -> Void) async throws {
        try await MongoDBTests().withMongo(mounts: .own) { roost in
            try await roost.makePool("3G")
            try await body(roost)
        }
    }
}
