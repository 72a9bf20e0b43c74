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
            try await replicated(roost)
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

    /// While a client writes, the primary is killed and its directory taken away: every acknowledged write is on the
    /// member that is elected, and the old primary becomes a replica again.
    @Test func theLossOfAPrimaryAndItsDirectoryLosesNothing() async throws {
        try await withMongo { roost in
            try await roost.push(MongoDBTests.one)
            try await scale(roost, to: 3)
            async let written = roost.mongo(Self.writer)
            try await eventually("some rows are written") {
                try await (Int(roost.mongo("print(db.row.estimated_document_count())")) ?? 0) > 20
            }
            let primary = try #require(try await roost.info("data").instances.first { $0.role == "primary" })
            let data = roost.reach("\(roost.home)/pool/instances/ramen/\(primary.name)/data")
            try FileManager.default.moveItem(atPath: data, toPath: "\(data).lost")
            kill(try #require(primary.pid), SIGKILL)
            #expect(try await written == "400")
            try await replicated(roost)
            #expect(try await roost.info("data").instances.first { $0.role == "primary" }?.name != primary.name)
            #expect(try await roost.mongo("print(db.row.count_documents({}))") == "400")
        }
    }

    /// Writes 400 rows, each until it is acknowledged by a majority, and prints how many were.
    private static let writer = """
        import time
        rows, n = db.get_collection('row', write_concern=pymongo.WriteConcern('majority')), 0
        deadline = time.monotonic() + 120
        while n < 400 and time.monotonic() < deadline:
            try:
                rows.insert_one({'_id': n})
                n += 1
            except pymongo.errors.DuplicateKeyError:
                n += 1
            except pymongo.errors.PyMongoError:
                time.sleep(0.005)
        print(n)
        """

    /// All servers and roostd stop and come back; then roostd is killed and the primary with it.
    @Test func aGroupComesBackAsAWhole() async throws {
        try await withMongo { roost in
            try await roost.push(MongoDBTests.one)
            try await scale(roost, to: 3)
            try await roost.mongo("db.t.insert_one({'n': 1})")
            try await roost.stop(services: true).expectSuccess()
            try await roost.start()
            try await replicated(roost)
            try await roost.mongo("db.t.insert_one({'n': 2})")
            let rotation = try await roost.roost("password", "rotate", "data", "--replication", "-A", "ramen")
            #expect(rotation.status == 2 && rotation.errors.contains("one key file"), "\(rotation)")
            let primary = try #require(try await roost.info("data").instances.first { $0.role == "primary" }?.pid)
            await roost.killDaemon()
            kill(primary, SIGKILL)
            try await roost.start()
            try await replicated(roost)
            try await roost.mongo("db.t.insert_one({'n': 3})")
            #expect(try await roost.mongo("print(db.t.count_documents({}))") == "3")
            try await roost.roost("destroy", "data", "-A", "ramen", "--yes").expectSuccess()
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

    /// A primary that hangs is killed and replaced, or the members elect another one while Roost may not: Roost follows.
    @Test(arguments: [false, true]) func aPrimaryThatHangsIsReplaced(_ isPaused: Bool) async throws {
        try await withMongo { roost in
            try await roost.push(MongoDBTests.one)
            try await scale(roost, to: 3)
            let before = try #require(try await roost.info("data").instances.first { $0.role == "primary" })
            let hung = try #require(before.pid)
            if isPaused { try await roost.roost("pause", "data", "-A", "ramen", "--for", "1h").expectSuccess() }
            kill(hung, SIGSTOP)
            defer { kill(hung, SIGCONT) }
            // While the voters are slow to tell what they have, the killed one is started again in its place.
            try await eventually("another server is the primary", within: .seconds(60)) {
                try await roost.info("data").instances.contains { instance in
                    instance.role == "primary" && instance.pid != hung && (!isPaused || instance.name != before.name)
                }
            }
            try await roost.mongo("db.t.insert_one({'n': 1})")
            #expect((kill(hung, 0) == 0) == isPaused, "the members do not end it")
            kill(hung, SIGCONT)
            if isPaused { try await roost.roost("resume", "data", "-A", "ramen").expectSuccess() }
            try await replicated(roost)
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

    private func replicated(_ roost: Roost) async throws {
        try await roost.roost("wait", "data", "-A", "ramen", "--for", "replicated", "--timeout", "120s").expectSuccess()
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
