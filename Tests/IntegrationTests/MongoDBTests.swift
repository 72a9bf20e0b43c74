import Foundation
import RoostModel
import Testing

/// `type: mongodb` with the server that `scripts/setup --tests` fetches, through pymongo.
@Suite(.enabled(if: FetchedMongoDB.isHere, "there is no mongod or no pymongo; scripts/setup --tests fetches both"))
struct MongoDBTests {
    static let one = BuildFiles.services("data: {type: mongodb, memory: 256M}")

    /// Runs `body` as `withRoost` does, with the engine in the home.
    func withMongo(
        mounts: MountPlan = .shared,
        sourceLocation: SourceLocation = #_sourceLocation, _ body: (Roost) async throws -> Void
    ) async throws {
        try await withRoost(mounts: mounts, startsDaemon: false, sourceLocation: sourceLocation) { roost in
            let engines = "\(roost.home)/engines"
            try FileManager.default.createDirectory(atPath: engines, withIntermediateDirectories: false)
            try FileManager.default.createSymbolicLink(
                atPath: "\(engines)/mongodb@6.0.5", withDestinationPath: FetchedMongoDB.folder)
            try await roost.start()
            try await body(roost)
        }
    }

    // MARK: Serving

    @Test func anApplicationFindsTheServiceAndItsMemberAtTheRouter() async throws {
        try await withMongo { roost in
            try await roost.push(BuildFiles.services("data: {type: mongodb, memory: 256M, databases: [soups]}"))
            let before = try await roost.info(showPassword: true)
            #expect(before.engine == "mongodb@6.0.5")
            let variables = try await roost.roost("env", "-A", "ramen", "--format", "json").expectSuccess().output
            let outcome = try await Command.run(
                Programs.python, ["\(Programs.checkout)/Tests/clients/mongodb_roundtrip.py"], input: variables)
            #expect(outcome.status == 0, "\(outcome)")
            let port = try #require(before.instances.first?.port)
            #expect(outcome.output == "127.0.0.1:\(port)\n")
            if before.limitsEnforced {
                let pid = try #require(before.instances.first?.pid)
                #expect(ProcessTable.memoryLimit(of: pid) == ByteCount.mebibytes(256).bytes)
                if Programs.isRoot { #expect(ProcessTable.userID(of: pid) != 0) }
            }

            try await roost.roost("restart", "data", "-A", "ramen").expectSuccess()
            let after = try await roost.info(showPassword: true)
            #expect(after.instances.first?.pid != before.instances.first?.pid)
            #expect(after.url == before.url)
            #expect(try await roost.mongo("print(db.dish.count_documents({}))") == "3")
        }
    }

    @Test func aDestroyedServiceComesBackFromItsSnapshot() async throws {
        try await withMongo { roost in
            try await roost.push(Self.one)
            try await roost.mongo("db.t.insert_one({'n': 42})")
            try await roost.roost("destroy", "data", "-A", "ramen", "--yes").expectSuccess()
            let kept: ItemList<SnapshotInfo> = try await roost.json(
                ItemList<SnapshotInfo>.self, "snapshot", "ls", "data", "-A", "ramen")
            let snapshot = try #require(kept.items.first)
            try await roost.roost("snapshot", "restore", "data", snapshot.id, "-A", "ramen", "--yes").expectSuccess()
            try await roost.waitReady()
            #expect(try await roost.mongo("print(db.t.find_one()['n'])") == "42")
        }
    }

    // MARK: Faults

    @Test func aKilledServerKeepsEveryAcknowledgedWrite() async throws {
        try await withMongo { roost in
            try await roost.push(Self.one)
            let pid = try await roost.pid()
            let url = try await roost.info(showPassword: true).url ?? ""
            // The client writes until the server is gone, and prints the acknowledged writes. The client may notice
            // the death between two writes, and then goes on with the next server.
            async let written = roost.mongo(
                """
                client = pymongo.MongoClient(os.environ['URL'], retryWrites=False)
                try:
                    for n in range(2000):
                        client.data.t.insert_one({'_id': n})
                        if n == 200: print(os.kill(int(os.environ['VICTIM']), 9))
                        acknowledged = n
                except pymongo.errors.PyMongoError:
                    pass
                print(acknowledged)
                """, url: url, environment: ["VICTIM": "\(pid)"])
            let last = try #require(try await written.split(separator: "\n").last.flatMap { Int($0) })
            #expect(last >= 199)
            try await roost.waitReady()
            #expect(try await roost.pid() != pid)
            let missing = "print(len(set(range(\(last) + 1)) - set(d['_id'] for d in db.t.find())))"
            #expect(try await roost.mongo(missing) == "0")
        }
    }

    @Test func daemonAndRouterMayDieAndTheServerRunsOn() async throws {
        try await withMongo { roost in
            try await roost.push(Self.one)
            let before = try await roost.info(showPassword: true)
            let url = before.url ?? ""
            await roost.killDaemon()
            #expect(try await roost.mongo("print(db.t.insert_one({'n': 1}).acknowledged)", url: url) == "True")
            try await roost.start()
            #expect(try await roost.info(showPassword: true) == before, "adopted, not started again")

            let router = try #require(roost.router)
            kill(router.pid, SIGKILL)
            try await eventually("another router runs") { roost.router.map { $0.pid != router.pid } ?? false }
            #expect(try await roost.mongo("print(db.t.insert_one({'n': 2}).acknowledged)", url: url) == "True")

            // Daemon, router and server die at once: the server finds itself again at the new router.
            await roost.killDaemon()
            kill(try #require(roost.router).pid, SIGKILL)
            kill(try #require(before.instances.first?.pid), SIGKILL)
            try await roost.start()
            try await roost.waitReady()
            #expect(try await roost.mongo("print(db.t.count_documents({}))", url: url) == "2")
            #expect(try await roost.info(showPassword: true).url == url)
        }
    }

    // MARK: Changes

    @Test func configurationIsTakenInPlaceOrRefusedInTheEnginesWords() async throws {
        try await withMongo { roost in
            try await roost.push(Self.one)
            let pid = try await roost.pid()
            func file(_ config: String) -> String {
                BuildFiles.services("data: {type: mongodb, memory: 256M, config: {\(config)}}")
            }
            let ask = "print(client.admin.command('getParameter', cursorTimeoutMillis=1)['cursorTimeoutMillis'])"
            try await roost.push(file("setParameter.cursorTimeoutMillis: 60000"))
            #expect(try await roost.mongo(ask) == "60000")
            #expect(try await roost.pid() == pid, "changed in place")

            let refusals = [
                ("setParameter.cursorTimeoutMillis: soon", "Did not consume whole string"),
                ("operationProfiling.bogus: 1", "Unrecognized option: operationProfiling.bogus"),
                ("security.authorization: disabled", "Roost manages accounts and privileges"),
            ]
            for (config, words) in refusals {
                let refused = try await roost.tryPush(file(config))
                #expect(refused.status == 2 && refused.errors.contains(words), "\(refused)")
            }
            #expect(try await roost.pid() == pid, "nothing was changed")
            #expect(try await roost.mongo(ask) == "60000")

            // The setting takes effect only with a start.
            try await roost.push(file("net.maxIncomingConnections: 77"))
            try await roost.waitReady()
            #expect(try await roost.pid() != pid)
            let connections = "print(client.admin.command('serverStatus')['connections']['available'] < 77)"
            #expect(try await roost.mongo(connections) == "True")
        }
    }

    @Test func aRotatedPasswordEndsTheOldOneAtOnce() async throws {
        try await withMongo { roost in
            try await roost.push(Self.one)
            let old = try await roost.info(showPassword: true).url ?? ""
            let grace = try await roost.problem("password", "rotate", "data", "-A", "ramen", "--grace", "1h")
            #expect(grace.status == 2 && grace.error.message.contains("one password"))
            #expect(try await roost.mongo("print(db.t.count_documents({}))", url: old) == "0")

            try await roost.roost("password", "rotate", "data", "-A", "ramen").expectSuccess()
            #expect(try await roost.mongo("print(db.t.count_documents({}))") == "0")
            let refused = try await roost.tryMongo("print(db.t.count_documents({}))", url: old)
            #expect(refused.status != 0 && refused.errors.contains("Authentication failed"), "\(refused)")
        }
    }

    @Test func anExposedServiceSpeaksTLSAloneAndItsMemberMovesWithIt() async throws {
        try await withMongo { roost in
            try await roost.push(Self.one)
            try await roost.mongo("db.t.insert_one({'n': 42})")
            let local = try await roost.info(showPassword: true)
            try await roost.push(BuildFiles.services("data: {type: mongodb, memory: 256M, expose: network}"))
            try await roost.waitReady()
            let exposed = try await roost.info(showPassword: true)
            #expect(exposed.url?.contains("&tls=true") == true)
            // `run` passes the authority against which the client verifies the server.
            let client = """
                import os, pymongo
                client = pymongo.MongoClient(os.environ['MONGODB_URL'], directConnection=False, replicaSet='ramen.data')
                print(client.data.t.find_one()['n'], client.admin.command('hello')['me'])
                """
            let ran = try await roost.roost("run", "data", "-A", "ramen", "--", Programs.python, "-c", client)
            let port = try #require(exposed.instances.first?.port)
            #expect(ran.output == "42 \(exposed.endpoint.host):\(port)\n", "\(ran)")
            let plain = try await roost.tryMongo("print(db.t.find_one())", url: local.url ?? "", patience: 3)
            #expect(plain.status != 0, "\(plain)")

            try await roost.push(BuildFiles.services("data: {type: mongodb, memory: 256M, expose: local}"))
            try await roost.waitReady()
            #expect(try await roost.mongo("print(db.t.find_one()['n'])", url: local.url ?? "") == "42")
        }
    }

    // MARK: Clients

    @Test(.enabled(if: !FileManager.default.isExecutableFile(atPath: "/usr/bin/mongosh"), "mongosh is here"))
    func withoutAShellRunNamesWhatElseThereIs() async throws {
        try await withMongo { roost in
            try await roost.push(Self.one)
            let outcome = try await roost.roost("run", "data", "-A", "ramen")
            #expect(outcome.status == 125 && outcome.errors.contains("mongosh"), "\(outcome)")
            #expect(outcome.errors.contains("roost url"), "\(outcome)")
        }
    }
}

extension Roost {
    /// The output of a few lines of Python, with `client` and `db` of the service's URL.
    @discardableResult
    func mongo(
        _ code: String, url: String? = nil, environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let outcome = try await tryMongo(code, url: url, environment: environment)
        try #require(outcome.status == 0, "\(outcome)", sourceLocation: sourceLocation)
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    fileprivate func tryMongo(
        _ code: String, url: String? = nil, environment: [String: String] = [:], patience: Int = 30
    ) async throws -> Outcome {
        let address: String
        if let url { address = url } else { address = try await info(showPassword: true).url ?? "" }
        let opening = """
            import os, pymongo
            client = pymongo.MongoClient(os.environ['URL'], serverSelectionTimeoutMS=\(patience * 1000))
            db = client.get_default_database()

            """
        return try await Command.run(
            Programs.python, ["-c", opening + code],
            environment: environment.merging(["URL": address]) { own, _ in own })
    }
}
