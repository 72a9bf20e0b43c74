import CMariaDB
import Glibc
import RoostModel

/// A connection to a server of the MySQL family through libmariadb, in most cases over the private socket and with
/// Roost's own account.
///
/// The methods block, at most until a timeout: call them on `AdministrationThreads` only.
///
/// Unchecked: the C client is not safe for use by two threads at once. `ConnectionCache` hands a connection to one
/// caller at a time; every other connection is made, used and dropped within one closure.
final class ServerConnection: @unchecked Sendable {
    /// Timeouts in whole seconds.
    struct Patience {
        let connect: UInt32
        let answer: UInt32

        /// For looks, which are many and cheap, and by which a server that hangs is found.
        static let look = Patience(connect: 1, answer: 1)
        /// For other short statements that may fail.
        static let probe = Patience(connect: 2, answer: 2)
        /// For statements that may wait for a disk or a lock.
        static let administration = Patience(connect: 5, answer: 60)
    }

    private let client: UnsafeMutablePointer<MYSQL>
    /// The mark that the first probe on this connection saw since the last repair.
    var ownMark: OwnMark?
    /// Whether a probe on this connection found the server open for writes.
    var sawOpen = false

    /// Initialises the library, which must not happen on two threads at once.
    static let libraryIsReady = mysql_server_init(0, nil, nil) == 0

    /// Signs on to Roost's own account over a server's private socket.
    convenience init(_ server: ServerAddress, _ patience: Patience) throws(ClientFault) {
        try self.init(patience)
        let connected = mysql_real_connect(
            client, nil, SystemAccounts.administrator, server.administrationPassword, nil, 0, server.socket, 0)
        guard connected != nil else { throw fault }
    }

    /// Signs on to another account, over a port of this host.
    convenience init(
        _ port: PortNumber, user: String, password: String, trust: Trust, _ patience: Patience
    ) throws(ClientFault) {
        try self.init(patience)
        switch trust {
        case .challenge: mysql_options(client, MARIADB_OPT_RESTRICTED_AUTH, "mysql_native_password")
        case .key(let path): mysql_options(client, MYSQL_SERVER_PUBLIC_KEY, path)
        case .authority(let path):
            mysql_options(client, MYSQL_OPT_SSL_CA, path)
            withUnsafePointer(to: my_bool(1)) { _ = mysql_options(client, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, $0) }
        }
        guard mysql_real_connect(client, "127.0.0.1", user, password, nil, UInt32(port.number), nil, 0) != nil else {
            throw fault
        }
    }

    /// How a server on a port proves who it is, before it is sent a password.
    enum Trust: Equatable {
        /// The server proves nothing, and learns no password: it is sent the answer to a challenge.
        case challenge
        /// The server can read what is encrypted with the public key in this file.
        case key(String)
        /// The server has a certificate that was signed by the authority in this file.
        case authority(String)
    }

    private init(_ patience: Patience) throws(ClientFault) {
        guard Self.libraryIsReady, let client = mysql_init(nil) else {
            throw ClientFault(code: 2008, message: "the client library could not be set up")
        }
        self.client = client
        set(MYSQL_OPT_CONNECT_TIMEOUT, patience.connect)
        set(MYSQL_OPT_READ_TIMEOUT, patience.answer)
        set(MYSQL_OPT_WRITE_TIMEOUT, patience.answer)
        // A server whose user was compromised may answer anything: it must not be able to request files of roostd, as
        // the protocol allows, nor fill its memory with one row.
        set(MYSQL_OPT_LOCAL_INFILE, 0)
        setSize(MYSQL_OPT_MAX_ALLOWED_PACKET, 16 << 20)
        mysql_options(client, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        mysql_options(client, MYSQL_INIT_COMMAND, OwnSession.connection)
    }

    deinit { mysql_close(client) }

    /// Runs one statement. Returns the rows of the result as text.
    @discardableResult
    func run(_ statement: String) throws(ClientFault) -> [[String?]] {
        guard mysql_real_query(client, statement, UInt(statement.utf8.count)) == 0 else { throw fault }
        guard let result = mysql_store_result(client) else {
            guard mysql_field_count(client) == 0 else { throw fault }
            return []
        }
        defer { mysql_free_result(result) }
        let columns = Int(mysql_num_fields(result))
        var rows: [[String?]] = []
        while let row = mysql_fetch_row(result), let lengths = mysql_fetch_lengths(result) {
            rows.append(
                (0..<columns).map { column in
                    row[column].map { text in
                        let bytes = UnsafeRawBufferPointer(start: text, count: Int(lengths[column]))
                        return String(decoding: bytes, as: UTF8.self)
                    }
                })
        }
        return rows
    }

    /// Sends a statement without a result, and does not wait for its end. `finish` must follow.
    func begin(_ statement: String) throws(ClientFault) {
        guard mysql_send_query(client, statement, UInt(statement.utf8.count)) == 0 else { throw fault }
    }

    /// Waits for the end of the statement that was sent last.
    func finish() throws(ClientFault) {
        guard mysql_read_query_result(client) == 0 else { throw fault }
    }

    /// Runs a query. Returns its rows as text by column name.
    func records(_ query: String) throws(ClientFault) -> [[String: String]] {
        guard mysql_real_query(client, query, UInt(query.utf8.count)) == 0,
            let result = mysql_store_result(client)
        else { throw fault }
        defer { mysql_free_result(result) }
        let columns = Int(mysql_num_fields(result))
        guard let fields = mysql_fetch_fields(result) else { throw fault }
        var records: [[String: String]] = []
        while let row = mysql_fetch_row(result), let lengths = mysql_fetch_lengths(result) {
            var record: [String: String] = [:]
            for column in 0..<columns {
                guard let text = row[column] else { continue }
                let bytes = UnsafeRawBufferPointer(start: text, count: Int(lengths[column]))
                record[String(cString: fields[column].name)] = String(decoding: bytes, as: UTF8.self)
            }
            records.append(record)
        }
        return records
    }

    /// Runs all statements even if some fail, and returns the first error. Throws at once if the server does not
    /// answer.
    func runEach(_ statements: [String]) throws(ClientFault) -> ClientFault? {
        var first: ClientFault?
        for statement in statements {
            do throws(ClientFault) { try run(statement) } catch {
                guard !error.isUnanswered else { throw error }
                first = first ?? error
            }
        }
        return first
    }

    /// Whether the connection still reaches its server.
    var isAlive: Bool {
        do throws(ClientFault) {
            try run("DO 0")
            return true
        } catch { return false }
    }

    /// Ends sessions by id; a session that has already ended is no error.
    func kill(_ sessions: [String]) throws(ClientFault) {
        for session in sessions {
            do throws(ClientFault) { try run("KILL \(session)") } catch {
                if error.code != ClientFault.Code.noSuchThread { throw error }
            }
        }
    }

    /// Whether the server is closed for writes. Newer versions return the state's name, older ones a number.
    var isReadOnly: Bool {
        get throws(ClientFault) {
            let state = try run("SELECT @@global.read_only").first?.first
            return state != "0" && state != "OFF"
        }
    }

    private func set(_ option: mysql_option, _ value: UInt32) {
        withUnsafePointer(to: value) { _ = mysql_options(client, option, $0) }
    }

    private func setSize(_ option: mysql_option, _ value: UInt) {
        withUnsafePointer(to: value) { _ = mysql_options(client, option, $0) }
    }

    private var fault: ClientFault {
        ClientFault(code: Int(mysql_errno(client)), message: String(cString: mysql_error(client)))
    }
}

/// An error of the client library (2000 to 2999) or of the server.
struct ClientFault: Error, Equatable, CustomStringConvertible {
    let code: Int
    let message: String

    var description: String { engineError.description }

    /// A reason of Roost's own not to go on.
    static func refusal(_ message: String) -> ClientFault { ClientFault(code: 0, message: message) }

    /// Whether the server did not answer, as opposed to refusing.
    var isUnanswered: Bool { (2000...2999).contains(code) }
    var isRefusal: Bool { Code.refusals.contains(code) }
    var isExhaustion: Bool { Code.exhaustion.contains(code) }

    var engineError: EngineError {
        isUnanswered ? .notReachable(message) : .refused(code: code, message: message)
    }

    /// Error numbers of the server and the client library, by their meaning here.
    enum Code {
        static let accessDenied = 1045
        /// The server refuses Roost's own account, or denies it what the probe does: because of its password, its
        /// plugin, its rights on a database, a table or the server, a lock, an expired password, or too many wrong
        /// passwords (4150, MariaDB's max_password_errors).
        static let refusals: Set = [
            1044, accessDenied, 1142, 1227, 1698, 1820, 1862, 3118, 3879, 4150, 4151,
        ]
        /// The server has no free connection or statement: too many connections (1040), too many of the account
        /// (1203), a limit of the account reached (1226). The server is alive, and the state is temporary.
        static let exhaustion: Set = [1040, 1203, 1226]
        static let noSuchThread = 1094
        static let unknownVariable = 1193
        static let wrongArgumentType = 1232
        static let readOnlyVariable = 1238
        static let cannotConnectToSocket = 2002
        static let serverGone: Set = [2006, 2013]
    }
}

/// Whether a process listens on a socket. Checked only after a failed connection, because libmariadb hides the
/// reason.
enum SocketState: Equatable {
    case listening
    /// No socket exists, or a dead server left it behind.
    case abandoned
    case failed(Int32)

    init(path: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else {
            self = .failed(errno)
            return
        }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else {
            self = .failed(ENAMETOOLONG)
            return
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let reason = errno
        self =
            switch (result, reason) {
            case (0, _): .listening
            case (_, ENOENT), (_, ECONNREFUSED): .abandoned
            default: .failed(reason)
            }
    }
}
