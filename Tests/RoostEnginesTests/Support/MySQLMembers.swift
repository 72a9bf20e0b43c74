import Foundation
import RoostModel
import Testing

@testable import RoostEngines

/// Members of a group of the MySQL family: a primary, and replicas made from images of it.
struct MySQLMembers {
    let engine: any Replication

    /// As long as the passwords that services give their members.
    static func secret(of index: Int) -> String { "followerSecret\(index)" + String(repeating: "0", count: 49) }

    static let followers = (0..<3).map { GroupPlan.Follower(index: $0, password: secret(of: $0)) }

    /// Their accounts after a change of the passwords.
    static let renewed = (0..<3).map { index in
        GroupPlan.Follower(index: index, number: 1, password: "next" + secret(of: index).dropLast(4))
    }

    /// The member signs on with the first of its own accounts among `followers`.
    static func plan(
        _ plan: ServerPlan, _ index: Int, of followers: [GroupPlan.Follower] = followers, source: PortNumber? = nil,
        delay: Int = 0
    ) -> ServerPlan {
        ServerPlan(
            instance: InstanceID(plan.instance.service, index), settings: plan.settings, folders: plan.folders,
            internalPort: plan.internalPort, routerAddress: plan.routerAddress, serverID: 77 + UInt32(index),
            domainID: plan.domainID, applicationUser: plan.applicationUser,
            applicationPassword: plan.applicationPassword, previousPassword: plan.previousPassword,
            administrationPassword: plan.administrationPassword, databases: plan.databases,
            certificate: plan.certificate,
            group: GroupPlan(
                followers: followers,
                own: followers.first { $0.index == index }
                    ?? GroupPlan.Follower(index: index, password: Self.secret(of: index)),
                source: source, delay: delay),
            profile: plan.profile)
    }

    // MARK: Servers

    /// Runs `body` with the first member, open and with one table.
    func withPrimary(
        config: [String: String] = [:], certificate: ServerCertificate? = nil, _ body: (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.with(
            engine, config: config, certificate: certificate, reshaped: { Self.plan($0, 0) }
        ) { primary in
            try await engine.open(primary.plan)
            try primary.administration("CREATE TABLE data.note (id INT PRIMARY KEY AUTO_INCREMENT, words VARCHAR(200))")
            try await body(primary)
        }
    }

    /// Runs `body` with another member on a frozen image of the primary, closed and following nobody.
    func withMember(
        _ index: Int = 1, of primary: TestServer, _ body: (TestServer) async throws -> Void
    ) async throws {
        try await primary.withImage { image, _ in try await onImage(image, index, of: primary, body) }
    }

    func onImage(
        _ image: String, _ index: Int, of primary: TestServer, _ body: (TestServer) async throws -> Void
    ) async throws {
        let port = primary.plan.internalPort
        try await TestServer.with(
            engine, config: primary.plan.settings.config, certificate: primary.plan.certificate, on: image,
            reshaped: { Self.plan($0, index, source: port) },
            preparing: { server in
                try await engine.prepareReplica(
                    directory: server.plan.folders.data, build: server.build, user: TestUser.server)
            }, body)
    }

    /// Runs `body` with a replica that has everything.
    func withReplica(of primary: TestServer, _ body: (TestServer) async throws -> Void) async throws {
        try await withMember(of: primary) { replica in
            try await follow(primary, replica)
            try await body(replica)
        }
    }

    func follow(_ primary: TestServer, _ replica: TestServer) async throws {
        try await engine.follow(primary.plan.internalPort, replica.plan)
        try await catchUp(primary, replica)
    }

    /// Waits until the replica has everything that the primary had.
    func catchUp(_ primary: TestServer, _ replica: TestServer) async throws {
        let wanted = try #require(try await report(primary).applied)
        try await Self.eventually("the replica has everything") {
            let report = try await report(replica)
            if case .broken(let reason) = report.link { Issue.record("broken: \(reason)") }
            return report.applied?.standing(against: wanted).holdsAll == true && report.link == .up
        }
    }

    /// Moves the primary as the control plane does.
    func handOver(from old: TestServer, to new: TestServer) async throws {
        try await engine.close(old.plan)
        let wanted = try #require(try await report(old).applied)
        try await Self.eventually("the candidate has received everything") {
            try await report(new).received?.standing(against: wanted).holdsAll == true
        }
        try await engine.promote(new.plan)
        try await engine.open(new.plan)
        try await engine.follow(new.plan.internalPort, old.plan)
    }

    // MARK: The two servers

    var isMySQL: Bool { engine.family.name == "mysql" }

    /// The server's word for a primary and for a replica in the names of variables.
    var words: (primary: String, replica: String) { isMySQL ? ("source", "replica") : ("master", "slave") }

    /// Everything that a server's binary log has.
    func position(_ server: TestServer) throws -> Position {
        let text = try server.position()
        return isMySQL ? .mysql(try #require(GTIDSet(text))) : .mariadb(try #require(MariaDBPosition(text)))
    }

    /// Runs statements on a closed server past its binary log, as nobody else could.
    func write(_ server: TestServer, isLogged: Bool = false, _ statements: String...) throws {
        let connection = try ServerConnection(server.plan.address, .administration)
        if isMySQL { try connection.run("SET GLOBAL super_read_only = 0") }
        if !isLogged { try connection.run("SET SESSION sql_log_bin = 0") }
        for statement in statements { try connection.run(statement) }
        if isMySQL { try connection.run("SET GLOBAL super_read_only = 1") }
    }

    // MARK: Asking

    func report(_ server: TestServer) async throws -> ReplicationReport {
        try await engine.replicationReport(server.plan.address)
    }

    /// Position and content of a server.
    func content(_ server: TestServer) throws -> [[String?]] {
        [[try server.position()]] + (try rows(server))
    }

    /// Checksum, number and sum of the rows.
    func rows(_ server: TestServer) throws -> [[String?]] {
        try server.administration("CHECKSUM TABLE data.note")
            + server.administration("SELECT COUNT(*), SUM(id) FROM data.note")
    }

    static func eventually(
        _ what: String, within patience: Duration = .seconds(60), _ isTrue: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + patience
        while try await !isTrue() {
            try #require(ContinuousClock.now < deadline, "not in time: \(what)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

extension TestServer {
    /// Everything that the server's binary log has, in the server's own words.
    func position() throws -> String {
        let variable = engine.family.name == "mysql" ? "gtid_executed" : "gtid_binlog_pos"
        return try administration("SELECT @@global.\(variable)").first?.first.flatMap(\.self) ?? ""
    }

    func note(_ words: String) throws {
        try administration("INSERT INTO data.note (words) VALUES (\(SQLText.literal(words)))")
    }

    /// The application user, from another thread.
    var user: TestSession {
        TestSession(port: plan.internalPort, user: plan.applicationUser, password: plan.applicationPassword)
    }

    func session(_ statements: String) async throws -> TestProgram.Outcome { try await user.run(statements) }

    /// The user's rows of the session list, by what they are doing.
    func isBusy(_ state: String) throws -> Bool {
        try !administration(
            "SELECT 1 FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() "
                + "AND CONCAT(COALESCE(STATE, ''), ' ', COALESCE(INFO, '')) LIKE '%\(state)%'"
        ).isEmpty
    }
}

/// A user's session with the real client.
struct TestSession: Sendable {
    let port: PortNumber
    let user: String
    let password: String

    /// Runs statements, one a line, on a thread of its own.
    func run(_ statements: String) async throws -> TestProgram.Outcome {
        try await AdministrationThreads.run { () throws(ClientFault) -> TestProgram.Outcome in
            do {
                return try TestProgram.outcome(
                    "/usr/bin/mariadb",
                    [
                        "--host=127.0.0.1", "--port=\(port)", "--user=\(user)", "--skip-column-names",
                        "--skip-reconnect", "--database=data",
                    ], environment: ["MYSQL_PWD": password], input: statements)
            } catch { throw .refusal("\(error)") }
        }.get()
    }
}

extension ServerPlan {
    /// The plan with another database.
    func with(more database: String) -> ServerPlan {
        let plan = with(databases: databases + [database])
        return MySQLMembers.plan(plan, instance.index)
    }
}
