import CMariaDB
import Glibc
import RoostDumps
import RoostModel

/// Facts and statements of a server's family that a load needs.
struct MySQLDumpTerms: Sendable {
    let isMariaDB: Bool
    /// Query for the collations, one column: their names as statements use them.
    let collations: String
    /// Query for the accounts that can sign on, two columns: user and host.
    let accounts: String
    /// Statement that creates a locked account with an unknown password.
    let lockedAccount: @Sendable (MySQLForeign.Definer) -> String
    /// Quotes a database name for a grant.
    let granted: @Sendable (String) -> String
    let systemDatabases: Set<String>
}

/// Feeds a dump to MariaDB or MySQL through libmariadb. The client program cannot rewrite a refused statement and
/// send it again. Not safe for use by two threads at once.
final class MySQLDumpServer: DumpServer {
    let dialect = StatementScanner.Dialect.mysql

    private let plan: ServerPlan
    private let terms: LoadTerms
    private let family: MySQLDumpTerms
    private let foreign: MySQLForeign
    private let cancel: LoadCancel
    private let client: UnsafeMutablePointer<MYSQL>
    /// A second connection for accounts: the load's session may hold locks.
    private let side: ServerConnection
    private let version: EngineVersion?
    let longestStatement: ByteCount
    private(set) var notes = LoadNotes()
    private(set) var databases: [String] = []
    private var definers: Set<MySQLForeign.Definer> = []
    /// Databases already checked because a statement reads from them.
    private var readElsewhere: Set<String> = []
    private var collations: Set<String>?
    private var origin = DumpOrigin()
    /// Whether the dump is in a section about system tables, which are not loaded.
    private var isSkipping = false

    private static let mostRepairs = 50
    static let systemNote =
        "the other server's own tables (accounts, settings) were left out; "
        + "create users with 'roost user add SERVICE NAME'"

    init(
        _ plan: ServerPlan, _ terms: LoadTerms, _ family: MySQLDumpTerms, cancel: LoadCancel
    ) throws(EngineError) {
        self.plan = plan
        self.terms = terms
        self.family = family
        self.cancel = cancel
        do throws(ClientFault) {
            side = try ServerConnection(plan.address, .administration)
            foreign = MySQLForeign(
                applicationUser: plan.applicationUser, standing: try side.standingAccounts,
                isLive: plan.profile != .building)
            // A load has no time limit.
            try side.run("SET SESSION wait_timeout = 31536000")
            version = try side.run("SELECT VERSION()").first?.first.flatMap { $0 }
                .flatMap { EngineVersion(String($0.prefix { $0.isNumber || $0 == "." })) }
            let packet = try side.run("SELECT @@GLOBAL.max_allowed_packet").first?.first.flatMap { $0 }.flatMap {
                Int64($0)
            }
            longestStatement = .longestStatement(
                atMost: ByteCount(bytes: packet ?? Int64(ByteWindow.mostOfAny)), plan)
            let database = terms.database ?? plan.databases.first
            if let database { try side.makeDatabases([database]) }
            client = try ServerConnection.open(plan.address, database: database)
        } catch { throw error.engineError }
        let end = ConnectionEnd(of: Int32(truncatingIfNeeded: mysql_get_socket(client)))
        let (address, id) = (plan.address, mysql_thread_id(client))
        cancel.set(onCancel: {
            // A statement continues in the server after its client is gone, so it is killed by id. If that fails,
            // closing the connection has to suffice.
            _ = try? ServerConnection(address, .probe).run("KILL \(id)")
            end.shutDown()
        })
    }

    deinit {
        cancel.clear()
        mysql_close(client)
    }

    var accounts: [String] { definers.map(\.text).sorted() }

    // MARK: Statements

    func run(_ statement: Statement) throws(StatementFault) -> StatementOutcome {
        let places = MySQLPlaces(statement)
        guard try isOurs(places, statement) else { return .neutral }
        if let only = terms.database, let own = databases.first, let bytes = places.moved(from: own, to: only) {
            return try Self.with(bytes, statement) { moved throws(StatementFault) in try carryOut(moved) }
        }
        return try carryOut(statement)
    }

    /// False if the statement changes something that the dump must not change; a note was added.
    private func isOurs(_ places: MySQLPlaces, _ statement: Statement) throws(StatementFault) -> Bool {
        if places.written.contains(where: { family.systemDatabases.contains($0.lowercased()) }), !isSystemLoaded {
            if places.isOfRights {
                notes.leaveOut(statement.outline(.mysql), MySQLForeign.accountNote)
            } else {
                notes.add(Self.systemNote)
            }
            return false
        }
        guard terms.database != nil, !isSkipping else { return true }
        if places.isOfRights {
            guard places.written.allSatisfy({ $0 == databases.first }) else {
                notes.leaveOut(
                    statement.outline(.mysql), "privileges on databases other than the dump's own were left out")
                return false
            }
            return true
        }
        for name in places.written { try note(database: name) }
        for name in places.read { noteRead(name) }
        return true
    }

    /// Notes a database that the statement reads, where the whole dump goes into one database: other databases are
    /// read as they are.
    private func noteRead(_ name: String) {
        guard let only = terms.database, name != only, name != databases.first,
            !family.systemDatabases.contains(name.lowercased()), readElsewhere.insert(name).inserted,
            // If no such database exists, the name is an alias, or the statement itself fails.
            databaseStands(name)
        else { return }
        notes.add(
            name,
            to:
                "statements read these databases of the service, which are neither the dump's own nor \(only):"
        )
    }

    /// Whether a dump of all databases loads the system tables too.
    private var isSystemLoaded: Bool {
        plan.profile == .building && terms.database == nil && origin.isLike(family.isMariaDB, version)
    }

    private func carryOut(_ statement: Statement) throws(StatementFault) -> StatementOutcome {
        let move = foreign.move(statement)
        if case .database(let name, let isUse) = move { return try enter(name, isUse, statement) }
        guard !isSkipping else { return .neutral }
        switch move {
        case .pass, .database: return try send(statement, repairs: 0)
        case .skip(let note):
            if let note { tell(note, statement) }
            return .neutral
        case .replace(let bytes, let note):
            if let note { tell(note, statement) }
            return try send(bytes, statement, repairs: 0)
        case .define(let bytes, let needed):
            for definer in needed { try makeAccount(definer) }
            guard let bytes else { return try send(statement, repairs: 0) }
            return try send(bytes, statement, repairs: 0)
        case .refuse(let words): throw StatementFault(message: words)
        }
    }

    private func tell(_ note: String, _ statement: Statement) {
        for list in [MySQLForeign.globalNote, MySQLForeign.standingNote] where note.hasPrefix(list) {
            return notes.add(String(note.dropFirst(list.count)), to: list)
        }
        notes.leaveOut(statement.outline(.mysql), note)
    }

    /// `USE shop`, `CREATE DATABASE shop`
    private func enter(_ name: [UInt8], _ isUse: Bool, _ statement: Statement) throws(StatementFault)
        -> StatementOutcome
    {
        let text = String(decoding: name, as: UTF8.self)
        let isSystem = family.systemDatabases.contains(text.lowercased())
        if isSystem {
            if isUse { isSkipping = !isSystemLoaded }
            guard isSystemLoaded, isUse else {
                if isUse { notes.add(Self.systemNote) }
                return .neutral
            }
            return try send(statement, repairs: 0)
        }
        if isUse { isSkipping = false }
        try note(database: text)
        guard terms.database == nil else { return .neutral }
        // CREATE DATABASE changes nothing if the database exists.
        let isThere = isUse || databaseStands(text)
        let outcome = try send(statement, repairs: 0)
        return isThere ? .neutral : outcome
    }

    private func databaseStands(_ name: String) -> Bool {
        let question = "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = \(SQLText.literal(name))"
        // If the query fails, the statement itself will report the error.
        return (try? side.run(question).isEmpty) == false
    }

    /// Records that the dump fills this database. Throws if all goes into one database and this is a second one.
    private func note(database name: String) throws(StatementFault) {
        if !databases.contains(name) { databases.append(name) }
        guard let only = terms.database, databases.count > 1 else { return }
        throw StatementFault(
            message: "the dump has data for \(databases[0]) and \(name), which cannot both go into \(only)")
    }

    private func send(_ bytes: [UInt8], _ statement: Statement, repairs: Int) throws(StatementFault) -> StatementOutcome
    {
        try Self.with(bytes, statement) { changed throws(StatementFault) in try send(changed, repairs: repairs) }
    }

    /// Runs `body` with a rewritten statement.
    private static func with(
        _ bytes: [UInt8], _ statement: Statement, _ body: (Statement) throws(StatementFault) -> StatementOutcome
    ) throws(StatementFault) -> StatementOutcome {
        // Statements are followed by a zero byte.
        let result: Result<StatementOutcome, StatementFault> = (bytes + [0]).withUnsafeBufferPointer { text in
            guard let base = text.baseAddress else { return .success(.neutral) }
            let changed = Statement(text: base, count: bytes.count, escapes: statement.escapes)
            do throws(StatementFault) { return .success(try body(changed)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private func send(_ statement: Statement, repairs: Int) throws(StatementFault) -> StatementOutcome {
        let fault: ClientFault
        do throws(ClientFault) {
            let rows = try ask(statement)
            return MySQLOutcome.of(statement, rows: rows)
        } catch { fault = error }
        let repair =
            repairs < Self.mostRepairs
            ? MySQLRepair.of(fault, statement, collations: known, own: Set(plan.databases)) : .none
        switch repair {
        case .skip(let note):
            if let note { notes.leaveOut(statement.outline(.mysql), note) }
            return .neutral
        case .replace(let bytes, let note):
            notes.add(note)
            return try send(bytes, statement, repairs: repairs + 1)
        case .database(let name):
            do throws(ClientFault) { try side.makeDatabases([name]) } catch {
                throw StatementFault(message: "\(error.engineError)")
            }
            return try send(statement, repairs: Self.mostRepairs)
        case .none:
            throw StatementFault(message: "\(fault.message) (error \(fault.code))", isOfStatement: !fault.isUnanswered)
        }
    }

    /// Sends a statement, and reads and drops all results. Returns the number of changed rows.
    private func ask(_ statement: Statement) throws(ClientFault) -> Int {
        let text = UnsafeRawPointer(statement.text).assumingMemoryBound(to: CChar.self)
        guard mysql_real_query(client, text, UInt(statement.count)) == 0 else { throw fault }
        var rows = 0
        while true {
            if let result = mysql_use_result(client) {
                while mysql_fetch_row(result) != nil {}
                mysql_free_result(result)
            } else if mysql_field_count(client) == 0 {
                rows += Int(truncatingIfNeeded: mysql_affected_rows(client))
            }
            guard mysql_errno(client) == 0 else { throw fault }
            let more = mysql_next_result(client)
            if more < 0 { return max(0, rows) }
            guard more == 0 else { throw fault }
        }
    }

    private var fault: ClientFault {
        ClientFault(code: Int(mysql_errno(client)), message: String(cString: mysql_error(client)))
    }

    /// The server's collations, read once because there are hundreds.
    private func known() -> Set<String> {
        if let collations { return collations }
        // Without the list no replacement is found, and the server's error is reported.
        let found = Set(((try? side.run(family.collations)) ?? []).compactMap { $0.first ?? nil })
        collations = found
        return found
    }

    // MARK: Accounts

    /// Creates the account in whose name views, triggers, routines and events run: locked, with the application
    /// user's rights on databases.
    private func makeAccount(_ definer: MySQLForeign.Definer) throws(StatementFault) {
        guard !definers.contains(definer) else { return }
        do throws(ClientFault) {
            let (user, host) = (SQLText.literal(definer.user), SQLText.literal(definer.host))
            // In MariaDB `mysql.user` is a view that is unusable while a dump of all databases is being loaded.
            // Accounts from the dump's own rows are not in force yet, and statements about them would fail.
            let table = family.isMariaDB ? "mysql.global_priv" : "mysql.user"
            let isThere = try !side.run("SELECT 1 FROM \(table) WHERE User = \(user) AND Host = \(host)").isEmpty
            guard !isThere else { return }
            try side.run(family.lockedAccount(definer))
            definers.insert(definer)
            notes.add(definer.text, to: "locked accounts were created as definers of views, triggers or routines:")
            try grant(definer)
        } catch { throw StatementFault(message: "\(error.engineError)") }
    }

    private func grant(_ definer: MySQLForeign.Definer) throws(ClientFault) {
        for row in try side.run("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA") {
            guard let name = row.first ?? nil, !family.systemDatabases.contains(name.lowercased()) else { continue }
            try side.run("GRANT ALL PRIVILEGES ON \(family.granted(name)).* TO \(definer.text)")
        }
    }

    func finish() throws(StatementFault) {
        guard client.pointee.server_status & UInt32(SERVER_STATUS_IN_TRANS) == 0 else { throw .withinTransaction }
        // Databases may have been created after the account.
        do throws(ClientFault) { for definer in definers { try grant(definer) } } catch {
            throw StatementFault(message: "\(error.engineError)")
        }
    }

    // MARK: What the dump says of itself and of the session

    func adjust(_ scanner: inout StatementScanner) {
        scanner.escapes = client.pointee.server_status & UInt32(SERVER_STATUS_NO_BACKSLASH_ESCAPES) == 0
    }

    func comment(_ text: UnsafeBufferPointer<UInt8>) { origin.note(text) }

    func command(_ line: [UInt8]) throws(StatementFault) {
        throw StatementFault(message: MySQLForeign.command(line))
    }

    func rows(_ bytes: UnsafeBufferPointer<UInt8>) throws(StatementFault) {}
    func endRows() throws(StatementFault) -> Int { 0 }
}
