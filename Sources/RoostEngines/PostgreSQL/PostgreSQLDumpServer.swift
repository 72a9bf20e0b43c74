import CPostgreSQL
import Glibc
import RoostDumps
import RoostModel

/// Feeds a dump to PostgreSQL through libpq instead of `psql`: a separate client program cannot repair a failed
/// statement and send it again.
///
/// Signs on as `PostgreSQLLoader` says. Not safe for use by two threads at once.
final class PostgreSQLDumpServer: DumpServer {
    let dialect = StatementScanner.Dialect.postgresql
    var longestStatement: ByteCount { .longestStatement(atMost: ByteCount(bytes: Int64(ByteWindow.mostOfAny)), plan) }

    let plan: ServerPlan
    let loader: PostgreSQLLoader
    private let terms: LoadTerms
    private let foreign: PostgreSQLForeign
    private let cancel: LoadCancel
    private(set) var client: OpaquePointer
    private(set) var database: String
    /// The connection for roles and databases: the load's session may be in a transaction, or act as another role.
    let side: PostgreSQLConnection
    var notes = LoadNotes()
    private(set) var databases: [String] = []
    /// With one target database: the first database that the dump would create.
    private var made: String?
    /// With one target database: the databases named by settings and grants before the dump filled one.
    private var spokenOf: [String] = []
    /// Roles that were made for the dump.
    private(set) var accounts: [String] = []

    /// Whether the current section is about a database of Roost's or the server's own, which is not loaded.
    private var isSkipping = false
    /// The error of a refused COPY. Its rows are refused; without rows nothing is missed.
    var refusedRows: StatementFault?
    /// Tables without constraint checks, because the dump disabled all of their triggers.
    var unchecked: Set<[UInt8]> = []

    /// More repairs of one statement would be a loop.
    private static let mostRepairs = 50

    init(_ plan: ServerPlan, _ terms: LoadTerms, cancel: LoadCancel) throws(EngineError) {
        self.plan = plan
        self.terms = terms
        self.cancel = cancel
        loader = PostgreSQLLoader(plan)
        database = terms.database ?? plan.databases.first ?? PostgreSQLAccounts.maintenanceDatabase
        do throws(PostgreSQLFault) {
            side = try PostgreSQLConnection(plan.address, .administration)
            if terms.database != nil { try Self.make(database, owner: plan.applicationUser, through: side) }
            client = try PostgreSQLConnection.open(
                plan.address, as: loader.account, database: database, options: Self.options(loader))
        } catch { throw error.engineError }
        foreign = PostgreSQLForeign(applicationUser: plan.applicationUser, major: side.major, only: terms.database)
        watch()
    }

    deinit {
        cancel.clear()
        PQfinish(client)
    }

    /// Errors are matched by their English text. The server's configuration file sets the language; a superuser, who
    /// alone may choose it, sets it in any case.
    private static func options(_ loader: PostgreSQLLoader) -> String {
        let language = loader == .importer ? ["lc_messages=C"] : []
        let others = [
            "role=\(loader.role)", "client_min_messages=warning", "statement_timeout=0", "lock_timeout=0",
            "idle_session_timeout=0", "idle_in_transaction_session_timeout=0", "default_transaction_read_only=off",
        ]
        return (language + others).map { "-c \($0)" }.joined(separator: " ")
    }

    /// Databases of Roost's own in a dump of a whole Roost server.
    private static let ofRoost = [PostgreSQLAccounts.administrationDatabase, PostgreSQLDatabase.spare]

    private func watch() {
        let (handle, end) = (PQgetCancel(client), ConnectionEnd(of: PQsocket(client)))
        // The handle is a C pointer and holds no connection; libpq allows its use from any thread.
        nonisolated(unsafe) let ender = handle
        cancel.set(
            onCancel: {
                var words = [CChar](repeating: 0, count: 256)
                PQcancel(ender, &words, Int32(words.count))
                end.shutDown()
            }, onClear: { PQfreeCancel(ender) })
    }

    // MARK: Statements

    func run(_ statement: Statement) throws(StatementFault) -> StatementOutcome {
        guard memchr(statement.text, 0, statement.count) == nil else {
            throw StatementFault(message: "the statement contains a zero byte")
        }
        if isSkipping { return PostgreSQLForeign.hasRows(statement) ? .rows : .neutral }
        if terms.database != nil, try isAboutAnother(statement) { return .neutral }
        switch foreign.move(statement) {
        case .pass: return try send(statement, repairs: 0)
        case .skip(let note):
            leaveOut(statement, note)
            return .neutral
        case .replace(let bytes, let note):
            leaveOut(statement, note)
            return try send(bytes, statement, repairs: 0)
        case .stands: return .made
        case .role(let name):
            try makeRole(name)
            return .made
        case .database(let name):
            return try makeDatabase(name, statement) ? .made : .neutral
        case .resetsRole:
            _ = try send(statement, repairs: 0)
            _ = try execute("SET ROLE \(loader.role)")
            return .neutral
        case .refuse(let words): throw StatementFault(message: words)
        }
    }

    func send(_ bytes: [UInt8], _ statement: Statement, repairs: Int) throws(StatementFault) -> StatementOutcome {
        let result: Result<StatementOutcome, StatementFault> = (bytes + [0]).withUnsafeBufferPointer { text in
            guard let base = text.baseAddress else { return .success(.neutral) }
            let changed = Statement(text: base, count: bytes.count, escapes: statement.escapes)
            do throws(StatementFault) { return .success(try send(changed, repairs: repairs)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Within a transaction that the dump began, a statement that may be repaired gets a savepoint: without one, its
    /// error would abort the transaction.
    func send(_ statement: Statement, repairs: Int) throws(StatementFault) -> StatementOutcome {
        let isGuarded = PQtransactionStatus(client) == PQTRANS_INTRANS && Self.mayLack(statement)
        if isGuarded { _ = try execute("SAVEPOINT roost_statement") }
        switch try ask(statement.text) {
        case .done(let outcome):
            // The statement may have ended the transaction.
            if isGuarded, PQtransactionStatus(client) == PQTRANS_INTRANS {
                _ = try execute("RELEASE SAVEPOINT roost_statement")
            }
            return outcome
        case .refused(let refusal):
            let repair = repairs < Self.mostRepairs ? PostgreSQLRepair.of(refusal, statement) : .none
            if isGuarded, repair != .none { _ = try execute("ROLLBACK TO SAVEPOINT roost_statement") }
            return try mend(repair, refusal, statement, repairs)
        }
    }

    /// Nil: leaving the statement out loses nothing.
    func leaveOut(_ statement: Statement, _ note: String?) {
        if let note { notes.leaveOut(statement.outline(.postgresql), note) }
    }

    private func mend(
        _ repair: PostgreSQLRepair, _ refusal: PostgreSQLRepair.Refusal, _ statement: Statement, _ repairs: Int
    ) throws(StatementFault) -> StatementOutcome {
        switch repair {
        case .role(let name): try makeRole(name)
        case .schema(let name):
            // In the session's own encoding, like the name.
            _ = try send(Array("CREATE SCHEMA \"".utf8) + name + Array("\"".utf8), statement, repairs: Self.mostRepairs)
            notes.add(
                String(decoding: name, as: UTF8.self),
                to: "schemas that the dump uses but does not create were created:")
        case .skip(let note):
            leaveOut(statement, note)
            return .neutral
        case .replace(let bytes, let note):
            leaveOut(statement, note)
            return try send(bytes, statement, repairs: repairs + 1)
        case .rights(let rights):
            if let outcome = try help(rights, refusal, statement, repairs) { return outcome }
        case .none: throw fault(refusal)
        }
        return try send(statement, repairs: repairs + 1)
    }

    func fault(_ refusal: PostgreSQLRepair.Refusal) -> StatementFault {
        let words = refusal.detail.isEmpty ? refusal.text : "\(refusal.text) \(refusal.detail)"
        let isRight = refusal.state == PostgreSQLRights.state && loader != .importer
        return StatementFault(message: isRight ? "\(words); \(PostgreSQLRights.hint)" : words)
    }

    /// Whether a statement may need repair. Row statements are excluded: they are many, and name no role.
    private static func mayLack(_ statement: Statement) -> Bool {
        let word = statement.bytes.prefix(9).map(\.lowered)
        return !["insert", "update", "delete", "copy", "commit", "rollback", "end", "savepoint", "release", "abort"]
            .contains { word.starts(with: $0.utf8) }
    }

    // MARK: Answers

    private enum Answer {
        case done(StatementOutcome)
        case refused(PostgreSQLRepair.Refusal)
    }

    private func ask(_ text: UnsafePointer<UInt8>) throws(StatementFault) -> Answer {
        let result = PQexec(client, UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COPY_IN: return .done(.rows)
        case PGRES_COPY_OUT:
            try drain()
            return .done(.neutral)
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            return .done(
                PostgreSQLOutcome.of(
                    tag: PQcmdStatus(result).map { String(cString: $0) } ?? "",
                    rows: Int(String(cString: PQcmdTuples(result))) ?? 0, text))
        default:
            guard PQstatus(client) == CONNECTION_OK else { throw lost }
            return .refused(refusal(result))
        }
    }

    private func refusal(_ result: OpaquePointer?) -> PostgreSQLRepair.Refusal {
        func field(_ code: Character) -> [UInt8] {
            guard let text = PQresultErrorField(result, Int32(code.asciiValue ?? 0)) else { return [] }
            return Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
        }
        // PG_DIAG_SQLSTATE, PG_DIAG_MESSAGE_PRIMARY, PG_DIAG_MESSAGE_DETAIL, PG_DIAG_CONTEXT
        let more = ["D", "W"].map { String(decoding: field($0), as: UTF8.self) }.filter { !$0.isEmpty }
        return PostgreSQLRepair.Refusal(
            state: String(decoding: field("C"), as: UTF8.self), message: field("M"),
            detail: more.map { "(\($0))" }.joined(separator: " "))
    }

    private var lost: StatementFault {
        let words = String(cString: PQerrorMessage(client)).split(whereSeparator: \.isNewline).joined(separator: "; ")
        return StatementFault(message: words, isOfStatement: false)
    }

    private func drain() throws(StatementFault) {
        var row: UnsafeMutablePointer<CChar>?
        while PQgetCopyData(client, &row, 0) > 0 { PQfreemem(row) }
        _ = try end()
    }

    /// Reads the last results of a command. Returns the number of rows it affected.
    private func end() throws(StatementFault) -> Int {
        var refused: PostgreSQLRepair.Refusal?
        var rows = 0
        while let result = PQgetResult(client) {
            if PQresultStatus(result) == PGRES_FATAL_ERROR { refused = refused ?? refusal(result) }
            rows += Int(String(cString: PQcmdTuples(result))) ?? 0
            PQclear(result)
            guard PQstatus(client) == CONNECTION_OK else { throw lost }
        }
        if let refused { throw StatementFault(message: "\(refused.text) \(refused.detail)") }
        return rows
    }

    /// Runs a statement of Roost's own in the session of the load.
    @discardableResult
    func execute(_ text: String) throws(StatementFault) -> Bool {
        let answer: Result<Answer, StatementFault> = (Array(text.utf8) + [0]).withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return .success(.done(.neutral)) }
            do throws(StatementFault) { return .success(try ask(base)) } catch { return .failure(error) }
        }
        if case .refused(let refusal) = try answer.get() { throw StatementFault(message: refusal.text) }
        return true
    }

    // MARK: Rows

    func rows(_ bytes: UnsafeBufferPointer<UInt8>) throws(StatementFault) {
        guard !isSkipping, let base = bytes.baseAddress else { return }
        if let refusedRows { throw refusedRows }
        let text = UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self)
        var sent = 0
        while sent < bytes.count {
            let count = min(bytes.count - sent, 1 << 20)
            guard PQputCopyData(client, text + sent, Int32(count)) == 1 else {
                // A server error ends the COPY; its message comes with the answer.
                _ = try endRows()
                throw lost
            }
            sent += count
        }
    }

    func endRows() throws(StatementFault) -> Int {
        if isSkipping || refusedRows.take() != nil { return 0 }
        guard PQputCopyEnd(client, nil) == 1 || PQstatus(client) == CONNECTION_OK else { throw lost }
        return try end()
    }

    // MARK: What the dump changes of the session

    func adjust(_ scanner: inout StatementScanner) {
        if let value = PQparameterStatus(client, "standard_conforming_strings") {
            scanner.escapes = strcmp(value, "off") == 0
        }
        guard let value = PQparameterStatus(client, "client_encoding") else { return }
        scanner.encoding =
            switch String(cString: value) {
            case "SJIS", "SHIFT_JIS_2004": .shiftJIS
            case "BIG5", "GBK", "UHC", "GB18030", "JOHAB": .doubleByte
            default: .plain
            }
    }

    func comment(_ text: UnsafeBufferPointer<UInt8>) {}

    func finish() throws(StatementFault) {
        guard PQtransactionStatus(client) == PQTRANS_IDLE else { throw .withinTransaction }
        tellSpokenOf()
    }

    /// `\connect shop`, `\connect -reuse-previous=on "dbname='my shop'"`, `\restrict …`, `\encoding LATIN1`
    func command(_ line: [UInt8]) throws(StatementFault) {
        switch PostgreSQLCommand.read(line) {
        case .nothing: return
        case .connect(let name): try connect(name)
        case .encoding(let name): try execute("SET client_encoding = \(PostgreSQLText.literal(name))")
        case .refused(let words): throw StatementFault(message: words)
        }
    }

    private func connect(_ name: String) throws(StatementFault) {
        let isServers = loader != .importer && PostgreSQLForeign.templates.contains(name)
        if isServers { notes.add(PostgreSQLForeign.templatesNote) }
        isSkipping = isServers || Self.ofRoost.contains(name)
        if isSkipping { return }
        if let only = terms.database {
            if PostgreSQLCommand.isEverywhere(name) { return }
            if databases.isEmpty { databases = [name] }
            guard databases == [name] else {
                throw StatementFault(
                    message: "the dump has data for \(databases[0]) and \(name), which cannot both go into \(only)")
            }
            return
        }
        if !PostgreSQLCommand.isEverywhere(name), !databases.contains(name) { databases.append(name) }
        do throws(PostgreSQLFault) {
            if try side.run("SELECT FROM pg_database WHERE datname = \(PostgreSQLText.literal(name))").isEmpty {
                try make(name)
            }
            let other = try PostgreSQLConnection.open(
                plan.address, as: loader.account, database: name, options: Self.options(loader))
            cancel.clear()
            PQfinish(client)
            client = other
            database = name
            unchecked = []
        } catch { throw StatementFault(message: "\(error.engineError)") }
        watch()
    }

    /// With one target database: whether the statement concerns a database that the dump does not fill. Statements
    /// before the dump fills one are reported in the end.
    private func isAboutAnother(_ statement: Statement) throws(StatementFault) -> Bool {
        let names: [String]
        do throws(PostgreSQLFault) {
            names = try PostgreSQLForeign.databases(namedBy: statement).map { name throws(PostgreSQLFault) in
                try text(name)
            }.filter { !PostgreSQLCommand.isEverywhere($0) && !Self.ofRoost.contains($0) }
        } catch { throw StatementFault(message: "\(error.engineError)") }
        guard !names.isEmpty else { return false }
        guard let own = databases.first ?? made else {
            spokenOf += names
            return false
        }
        if names.contains(own) { return false }
        leaveOut(statement, PostgreSQLForeign.strangerNote)
        return true
    }

    /// Reports statements about databases from before the dump filled one.
    private func tellSpokenOf() {
        guard let only = terms.database else { return }
        for name in spokenOf where name != databases.first ?? made && name != only {
            notes.add(
                name, to: "statements about these databases, at the beginning of the dump, were applied to \(only):")
        }
    }

    /// False if the dump goes into another database, or the database is Roost's own.
    private func makeDatabase(_ name: [UInt8], _ statement: Statement) throws(StatementFault) -> Bool {
        guard terms.database == nil else {
            let name = String(decoding: name, as: UTF8.self)
            if let own = databases.first ?? made, own != name { leaveOut(statement, PostgreSQLForeign.strangerNote) }
            made = made ?? name
            return false
        }
        if Self.ofRoost.contains(String(decoding: name, as: UTF8.self)) { return false }
        do throws(PostgreSQLFault) {
            try make(try text(name))
            return true
        } catch {
            throw StatementFault(message: "\(error.engineError)")
        }
    }

    /// Decodes a name from the session's client encoding.
    func text(_ name: [UInt8]) throws(PostgreSQLFault) -> String {
        if let text = String(validating: name, as: UTF8.self) { return text }
        let encoding = PQparameterStatus(client, "client_encoding").map { String(cString: $0) } ?? "UTF8"
        let rows = try side.run("SELECT convert_from('\\x\(name.hexadecimal)', \(PostgreSQLText.literal(encoding)))")
        return rows.first?.first.flatMap { $0 } ?? String(decoding: name, as: UTF8.self)
    }

    private func make(_ name: String) throws(PostgreSQLFault) {
        try Self.make(name, owner: plan.applicationUser, through: side)
    }

    /// Idempotent.
    private static func make(
        _ name: String, owner: String, through side: PostgreSQLConnection
    ) throws(PostgreSQLFault) {
        let standing = try side.run(PostgreSQLDatabase.list).compactMap(PostgreSQLDatabase.init)
        guard !standing.contains(where: { $0.name == name }) else { return }
        let changes = PostgreSQLDatabase.changes(wanted: [name], owner: owner, standing: standing)
        for statement in changes.creations { try side.run(statement) }
        try side.run(changes.others)
    }

    func makeRole(_ name: [UInt8]) throws(StatementFault) {
        let text: String
        do throws(PostgreSQLFault) {
            text = try self.text(name)
            guard try side.run("SELECT FROM pg_roles WHERE rolname = \(PostgreSQLText.literal(text))").isEmpty else {
                return
            }
            let role = PostgreSQLText.identifier(text)
            // Granted at once: the application user can change the role's objects even if a later statement fails.
            try side.run(
                ["CREATE ROLE \(role) NOLOGIN"]
                    + (loader == .importer
                        ? [] : ["GRANT \(role) TO \(PostgreSQLText.identifier(plan.applicationUser))"]))
        } catch { throw StatementFault(message: "\(error.engineError)") }
        try seeOthers()
        accounts.append(text)
        notes.add(text, to: PostgreSQLForeign.rolesNote)
    }

    /// Within a transaction a session may not see a role that another session has created: it caches the absence until
    /// it locks a new object.
    func seeOthers() throws(StatementFault) {
        guard PQtransactionStatus(client) != PQTRANS_IDLE else { return }
        try execute(
            "SAVEPOINT roost_look; CREATE TEMPORARY TABLE roost_look (); ROLLBACK TO SAVEPOINT roost_look; "
                + "RELEASE SAVEPOINT roost_look")
    }
}
