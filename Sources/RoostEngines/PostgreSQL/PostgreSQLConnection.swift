import CPostgreSQL
import Glibc
import RoostModel

/// A connection to a server through libpq, over the private socket and as Roost's own account.
///
/// Methods block for at most the connection's timeouts: call them on `AdministrationThreads` only.
///
/// Unchecked: the C client is not safe for use by two threads at once. `ConnectionCache` hands a connection to one
/// caller at a time; every other connection is made, used and dropped within one closure.
final class PostgreSQLConnection: @unchecked Sendable {
    /// Timeouts for the server's answers.
    struct Patience {
        let connect: Duration
        let answer: Duration

        /// For looks, which are frequent and cheap, and by which a server that hangs is found.
        static let look = Patience(connect: .seconds(1), answer: .seconds(1))
        /// For other short statements that may fail.
        static let probe = Patience(connect: .seconds(2), answer: .seconds(2))
        /// For statements that may wait for a disk or a lock.
        static let administration = Patience(connect: .seconds(5), answer: .seconds(60))
    }

    private let client: OpaquePointer
    var patience: Patience
    /// Verifiers and their proven passwords: comparing the two takes thousands of hashes.
    private var proven: [String: String] = [:]
    private static let mostProven = 32

    /// Settings that users made for a database or a role must not change the meaning of Roost's statements or end its
    /// idle connection. The search path excludes users' objects where Roost's statements name the system's own.
    /// Roost's statements are not written to the server's log, because some hold a verifier.
    private static let options = [
        "search_path=pg_catalog", "role=none", "standard_conforming_strings=on", "statement_timeout=0",
        "lock_timeout=0", "idle_session_timeout=0", "idle_in_transaction_session_timeout=0",
        "default_transaction_read_only=off", "default_transaction_isolation=read\\ committed",
        "default_transaction_deferrable=off", "session_replication_role=origin", "synchronous_commit=on",
        "client_min_messages=error", "log_statement=none",
        "log_duration=off", "log_min_duration_statement=-1", "log_min_duration_sample=-1",
        "log_min_error_statement=panic", "log_min_messages=error",
    ].map { "-c \($0)" }.joined(separator: " ")

    init(
        _ server: ServerAddress, database: String = PostgreSQLAccounts.administrationDatabase, _ patience: Patience
    ) throws(PostgreSQLFault) {
        self.patience = patience
        let client: OpaquePointer? = Self.withParameters(Self.parameters(server, database, Self.options)) {
            names, values in
            PQconnectStartParams(names, values, 0)
        }
        guard let client else { throw .notConnected("the client library is out of memory") }
        self.client = client
        // Notices are for interactive users.
        PQsetNoticeProcessor(client, { _, _ in }, nil)
        try connect()
    }

    deinit { PQfinish(client) }

    /// The connection of a load, without a time limit; the caller closes it. `options`: of the session.
    static func open(
        _ server: ServerAddress, as account: String, database: String, options: String
    ) throws(PostgreSQLFault) -> OpaquePointer {
        // If a parameter is given twice, the last value counts.
        let words = parameters(server, database, options) + [("user", account), ("connect_timeout", "30")]
        guard let client = withParameters(words, { PQconnectdbParams($0, $1, 0) }) else {
            throw .notConnected("the client library is out of memory")
        }
        guard PQstatus(client) == CONNECTION_OK else {
            let words = String(cString: PQerrorMessage(client)).split(whereSeparator: \.isNewline)
            PQfinish(client)
            throw .notConnected(words.joined(separator: "; "))
        }
        // Notices are for interactive users.
        PQsetNoticeProcessor(client, { _, _ in }, nil)
        return client
    }

    private static func parameters(
        _ server: ServerAddress, _ database: String, _ options: String
    ) -> [(String, String)] {
        [
            ("host", folder(of: server)), ("port", "\(server.port)"), ("user", PostgreSQLAccounts.administrator),
            ("dbname", database), ("options", options), ("client_encoding", "UTF8"), ("application_name", "roost"),
            // The caller's environment and home folder are not read.
            ("passfile", "/nonexistent"), ("sslmode", "disable"), ("gssencmode", "disable"),
            ("target_session_attrs", "any"),
        ]
    }

    private static func withParameters<Value>(
        _ parameters: [(String, String)],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Value
    ) -> Value {
        let texts = parameters.map { (strdup($0.0), strdup($0.1)) }
        defer { for (name, value) in texts { free(name); free(value) } }
        let names = texts.map { UnsafePointer($0.0) } + [nil]
        let values = texts.map { UnsafePointer($0.1) } + [nil]
        return names.withUnsafeBufferPointer { names in
            values.withUnsafeBufferPointer { values in
                // Neither array is empty, so both have an address.
                guard let names = names.baseAddress, let values = values.baseAddress else { fatalError("no elements") }
                return body(names, values)
            }
        }
    }

    /// The folder that holds the server's socket, which libpq accepts as a host.
    static func folder(of server: ServerAddress) -> String {
        server.socket.lastIndex(of: "/").map { String(server.socket[..<$0]) } ?? "."
    }

    /// The server names its socket after its port.
    static func socket(of server: ServerAddress) -> String { "\(folder(of: server))/.s.PGSQL.\(server.port)" }

    /// Whether the server rejects connections because it starts or stops; asked without signing on.
    static func isStartingOrStopping(_ server: ServerAddress) -> Bool {
        withParameters(
            parameters(server, PostgreSQLAccounts.administrationDatabase, options) + [("connect_timeout", "2")]
        ) {
            PQpingParams($0, $1, 0) == PQPING_REJECT
        }
    }

    // MARK: Statements

    /// Runs one statement, or several in one transaction. Returns the rows of the last answer as text.
    @discardableResult
    func run(_ statements: String...) throws(PostgreSQLFault) -> [[String?]] { try run(statements) }

    @discardableResult
    func run(_ statements: [String]) throws(PostgreSQLFault) -> [[String?]] {
        guard !statements.isEmpty else { return [] }
        let deadline = ContinuousClock.now + patience.answer
        guard PQsendQuery(client, statements.joined(separator: ";\n")) == 1 else { throw .notConnected(message) }
        var rows: [[String?]] = []
        var refusal: PostgreSQLFault?
        while let result = try nextResult(deadline) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK: rows = Self.rows(result)
            case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: rows = []
            case PGRES_FATAL_ERROR: refusal = refusal ?? fault(result)
            default: throw .notConnected("the server sent an unexpected response")
            }
        }
        if let refusal { throw refusal }
        return rows
    }

    /// The SCRAM verifier that a client sends instead of a password; the password cannot be derived from it.
    func verifier(of password: String, role: String) throws(PostgreSQLFault) -> String {
        guard let text = PQencryptPasswordConn(client, password, role, "scram-sha-256") else {
            throw .notConnected(message)
        }
        defer { PQfreemem(text) }
        return String(cString: text)
    }

    /// Whether a stored verifier belongs to the password.
    func isProven(_ verifier: String, _ password: String) -> Bool {
        if proven[verifier] == password { return true }
        guard SCRAMVerifier(verifier)?.matches(password) == true else { return false }
        if proven.count >= Self.mostProven { proven = [:] }
        proven[verifier] = password
        return true
    }

    /// `150020` → 15
    var major: Int { Int(PQserverVersion(client)) / 10_000 }

    // MARK: Processes

    /// The process of the session on the server.
    var backend: Int32 { PQbackendPID(client) }

    /// The server's main process, as the kernel reports it for the listener of the private socket. Nil: unknown.
    var server: pid_t? {
        // `struct ucred`: a process, a user and a group.
        var peer = [pid_t](repeating: 0, count: 3)
        var size = socklen_t(peer.count * MemoryLayout<pid_t>.stride)
        guard getsockopt(PQsocket(client), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0, peer[0] > 0 else { return nil }
        return peer[0]
    }

    // MARK: Statements that wait

    /// Sends a statement without waiting for its answer.
    func send(_ statement: String) throws(PostgreSQLFault) {
        guard PQsendQuery(client, statement) == 1 else { throw .notConnected(message) }
    }

    /// Whether the statement that was sent has ended.
    func hasAnswered(within time: Duration) throws(PostgreSQLFault) -> Bool {
        let deadline = ContinuousClock.now + time
        while true {
            let result: OpaquePointer?
            do throws(PostgreSQLFault) { result = try nextResult(deadline) } catch {
                if error == .silent { return false }
                throw error
            }
            guard let result else { return true }
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_FATAL_ERROR { throw fault(result) }
        }
    }

    // MARK: Private

    private func connect() throws(PostgreSQLFault) {
        let deadline = ContinuousClock.now + patience.connect
        guard PQstatus(client) != CONNECTION_BAD else { throw .notConnected(message) }
        var next = PGRES_POLLING_WRITING
        while true {
            switch next {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: try wait(POLLIN, deadline)
            case PGRES_POLLING_WRITING: try wait(POLLOUT, deadline)
            default: throw .notConnected(message)
            }
            next = PQconnectPoll(client)
        }
    }

    private func nextResult(_ deadline: ContinuousClock.Instant) throws(PostgreSQLFault) -> OpaquePointer? {
        while PQisBusy(client) == 1 {
            try wait(POLLIN, deadline)
            guard PQconsumeInput(client) == 1 else { throw .notConnected(message) }
        }
        return PQgetResult(client)
    }

    private func wait(_ events: Int32, _ deadline: ContinuousClock.Instant) throws(PostgreSQLFault) {
        while true {
            let left = deadline - .now
            guard left > .zero else { throw .silent }
            var descriptor = pollfd(fd: PQsocket(client), events: Int16(events), revents: 0)
            let milliseconds = min(left / .milliseconds(1), 60_000).rounded(.up)
            let ready = poll(&descriptor, 1, Int32(milliseconds))
            if ready > 0 { return }
            guard ready == 0 || errno == EINTR else { throw .notConnected("poll failed (errno \(errno))") }
        }
    }

    private static func rows(_ result: OpaquePointer) -> [[String?]] {
        (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                guard PQgetisnull(result, row, column) == 0, let text = PQgetvalue(result, row, column) else {
                    return nil
                }
                return String(cString: text)
            }
        }
    }

    private func fault(_ result: OpaquePointer) -> PostgreSQLFault {
        guard PQstatus(client) != CONNECTION_BAD else { return .notConnected(message) }
        func field(_ code: Character) -> String? {
            PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) }
        }
        // PG_DIAG_SQLSTATE, PG_DIAG_MESSAGE_PRIMARY, PG_DIAG_MESSAGE_DETAIL
        let words = [field("M"), field("D")].compactMap { $0 }.joined(separator: " ")
        return .refused(state: field("C") ?? "", message: words)
    }

    private var message: String {
        String(cString: PQerrorMessage(client)).split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
}
