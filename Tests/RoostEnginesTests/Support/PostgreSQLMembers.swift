import Foundation
import RoostModel
import Testing

@testable import RoostEngines

// Servers of a PostgreSQL group: plans, replicas seeded from images, and their reports.
extension ServerPlan {
    /// How far new passwords of the replication accounts have come.
    enum Renewal {
        case no
        /// Both are accepted, and the old ones used.
        case both
        /// Both are accepted, and the new ones used.
        case moved
        case done

        func followers(_ count: Int) -> [GroupPlan.Follower] {
            let old = (0..<count).map { GroupPlan.Follower(index: $0, password: "followerSecret\($0)") }
            let new = (0..<count).map { GroupPlan.Follower(index: $0, number: 1, password: "nextSecret\($0)") }
            return switch self {
            case .no: old
            case .both: old + new
            case .moved: new + old
            case .done: new
            }
        }
    }

    /// The plan of a member of a group. `source`: port of the primary that it follows.
    func member(
        _ index: Int, of count: Int = 3, source: PortNumber? = nil, delay: Int = 0, renewed: Renewal = .no
    ) -> ServerPlan {
        // A member signs on with the first of its own.
        let followers = renewed.followers(count)
        return ServerPlan(
            instance: InstanceID(instance.service, index), settings: settings, folders: folders,
            internalPort: internalPort, routerAddress: routerAddress, serverID: UInt32(77 + index), domainID: domainID,
            applicationUser: applicationUser, applicationPassword: applicationPassword,
            previousPassword: previousPassword, administrationPassword: administrationPassword, databases: databases,
            certificate: certificate,
            group: GroupPlan(followers: followers, own: followers[index], source: source, delay: delay),
            profile: profile)
    }
}

/// Members of one group, on servers of their own.
enum PostgreSQLMembers {
    /// Made at each use: the suite runs on several releases.
    static var engine: PostgreSQL { TestServer.postgresql }

    /// Runs `body` with an open primary, the member 0, whose database has a table `note` of the application user's.
    static func withPrimary(_ body: (TestServer) async throws -> Void) async throws {
        try await TestServer.with(engine, reshaped: { $0.member(0) }) { primary in
            try await engine.open(primary.plan)
            try primary.sql(
                "SET ROLE postgres; CREATE TABLE public.note (n serial PRIMARY KEY, words text)", database: "data")
            try await body(primary)
        }
    }

    /// Runs `body` with a replica of the primary that has booted and was not told to follow yet.
    static func withReplica(
        _ index: Int = 1, of primary: TestServer, _ body: (TestServer) async throws -> Void
    ) async throws {
        let image = "/tmp/roost-engine-image-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: image) }  // Left behind: a folder below /tmp.
        try await engine.settle(primary.plan.address)
        try await primary.frozen { _ = try TestProgram.run("/bin/cp", ["-a", primary.plan.folders.data, image]) }
        try await onImage(image, index, of: primary, body)
    }

    static func onImage(
        _ image: String, _ index: Int, of primary: TestServer, _ body: (TestServer) async throws -> Void
    ) async throws {
        let source = primary.plan.internalPort
        try await TestServer.with(
            engine, on: image, reshaped: { $0.member(index, source: source) },
            preparing: { server in
                try await engine.prepareReplica(
                    directory: server.plan.folders.data, build: server.build, user: TestUser.server)
            }, body)
    }

    /// Runs `body` with a primary, and a replica that follows it.
    static func withPair(_ body: (_ primary: TestServer, _ replica: TestServer) async throws -> Void) async throws {
        try await withPrimary { primary in
            try await withReplica(of: primary) { replica in
                try await follow(primary, replica)
                try await body(primary, replica)
            }
        }
    }

    static func report(_ server: TestServer) async throws -> ReplicationReport {
        try await engine.replicationReport(server.plan.address)
    }

    /// Has a replica follow a primary, and waits until it has caught up.
    static func follow(_ primary: TestServer, _ replica: TestServer) async throws {
        try await engine.follow(primary.plan.internalPort, replica.plan)
        try await catchUp(primary, replica)
    }

    static func catchUp(_ primary: TestServer, _ replica: TestServer) async throws {
        let target = try #require(try await report(primary).received)
        try await eventually("the replica has everything") {
            let report = try await report(replica)
            return report.link == .up && report.applied?.standing(against: target).holdsAll ?? false
        }
    }

    /// A planned switchover, as the planner runs it. Afterwards the old primary follows the new one.
    static func switchOver(from old: TestServer, to new: TestServer) async throws {
        old.stop()
        let written = try #require(
            await engine.stoppedReport(directory: old.plan.folders.data, build: old.build)?.applied)
        try await eventually("the candidate has received everything") {
            try await report(new).received?.standing(against: written).holdsAll ?? false
        }
        try await engine.promote(new.plan)
        #expect(await engine.probe(new.plan.address) == .closed)
        try await engine.open(new.plan)
        #expect(await engine.probe(new.plan.address) == .healthy)
        let index = try #require(old.plan.group?.own.index)
        old.plan = old.plan.member(index, source: new.plan.internalPort)
        try engine.startAsReplica(directory: old.plan.folders.data, user: TestUser.server)
        try old.start()
        try await old.waitUntilItAnswers()
        try await follow(new, old)
    }

    /// Polls a condition until it holds.
    static func eventually(
        _ what: String, within patience: Duration = .seconds(60), _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + patience
        while try await !condition() {
            try #require(ContinuousClock.now < deadline, "not in time: \(what)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// All rows of the table as one value.
    static func content(_ server: TestServer) throws -> String? {
        try server.sql(
            "SELECT count(*) || ' ' || coalesce(md5(string_agg(n || words, ',' ORDER BY n)), '') FROM public.note",
            database: "data")[0][0]
    }
}

extension TestServer {
    @discardableResult
    func addNote(_ words: String) throws -> [[String?]] {
        try sql("INSERT INTO public.note (words) VALUES ('\(words)')", database: "data")
    }

    /// The processes of a PostgreSQL server: the main process, then its children.
    private var processes: [Int32] {
        get throws {
            let main = try #require(pid)
            let all = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
            return [main] + all.filter { Self.status(of: $0)?.parent == main }
        }
    }

    /// State and parent of a process; nil: it ended.
    private static func status(of pid: Int32) -> (state: Substring, parent: Int32)? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return nil }
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 2, let parent = Int32(fields[2]) else { return nil }
        return (fields[1], parent)
    }

    /// The server's child process of a type, by the title that it gives itself: `checkpointer`.
    func process(_ title: String) throws -> Int32 {
        try #require(
            try processes.dropFirst().first { pid in
                // A process that ended meanwhile has no title.
                let words = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)
                return words?.contains(title) ?? false
            }, "the server has no process '\(title)'")
    }

    /// Stops every process of the server, runs `body`, and lets them go on.
    func frozen<Value>(_ body: () async throws -> Value) async throws -> Value {
        // A server that ended has no process left.
        defer { for pid in (try? processes) ?? [] { Foundation.kill(pid, SIGCONT) } }
        var stopped: Set<Int32> = []
        // The main process is first, so that no child is added later.
        while true {
            let running = try processes.filter { Self.status(of: $0).map { !"TtZ".contains($0.state) } ?? false }
            if running.isEmpty { break }
            for pid in running where stopped.insert(pid).inserted { Foundation.kill(pid, SIGSTOP) }
            try await Task.sleep(for: .milliseconds(2))
        }
        return try await body()
    }
}
