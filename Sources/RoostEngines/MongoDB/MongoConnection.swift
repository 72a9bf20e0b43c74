import CMongo
import Foundation
import RoostModel
import Synchronization

/// A connection to a server through libmongoc, over its private socket.
///
/// Methods block for at most the connection's timeouts: call them on `AdministrationThreads` only.
///
/// Unchecked: a client of the C library that is not pooled is not safe for use by two threads at once.
/// `MongoConnections` hands a connection to one caller at a time; every other connection is made, used and dropped
/// within one closure.
final class MongoConnection: @unchecked Sendable {
    /// The account that signs on.
    enum Account {
        /// The members' own account, whose password is the key file. No user can be given its name, dropping all users
        /// leaves it, and it may do everything.
        case system(key: String)
        case user(String, password: String)
        /// No sign-on: for a server without accounts.
        case none
    }

    /// Timeouts for the server's answers.
    struct Patience {
        let connect: Duration
        let answer: Duration

        /// For probes, which are frequent and cheap.
        static let probe = Patience(connect: .seconds(1), answer: .seconds(1))
        /// For commands that may wait for a disk or a lock.
        static let administration = Patience(connect: .seconds(5), answer: .seconds(60))
    }

    let usesTLS: Bool
    private let client: OpaquePointer
    /// Stored credentials and their proven password: comparing the two takes thousands of hashes.
    private var proven: (verifier: SCRAMVerifier, password: String)?

    /// The library initialises itself at its first use, which must not happen on two threads at once.
    private static let libraryIsReady: Bool = {
        mongoc_init()
        // Failures are returned as errors; the library would also print them on roostd's own standard error.
        mongoc_log_set_handler(nil, nil)
        return true
    }()

    /// Connects and signs on. A server that requires TLS does so on its socket too, and does not say so: if one mode
    /// gets no answer the other is tried, `prefersTLS` first.
    convenience init(
        _ socket: String, _ account: Account, _ patience: Patience, prefersTLS: Bool = false
    ) throws(MongoFault) {
        let start = ContinuousClock.now
        do throws(MongoFault) {
            try self.init(socket, account, patience, usesTLS: prefersTLS)
        } catch {
            // The wrong mode is refused at once. A server that hangs answers neither.
            guard error.isUnanswered, ContinuousClock.now - start < patience.connect / 2,
                SocketState(path: socket) == .listening
            else { throw error }
            try self.init(socket, account, patience, usesTLS: !prefersTLS)
        }
    }

    private init(_ socket: String, _ account: Account, _ patience: Patience, usesTLS: Bool) throws(MongoFault) {
        self.usesTLS = usesTLS
        guard Self.libraryIsReady, let address = Self.address(socket, account, patience, usesTLS) else {
            throw MongoFault(
                code: 0, message: "the client library does not accept the socket \(socket)", isUnanswered: true)
        }
        defer { mongoc_uri_destroy(address) }
        guard let client = mongoc_client_new_from_uri(address) else {
            throw MongoFault(code: 0, message: "the client library could not be set up", isUnanswered: true)
        }
        self.client = client
        mongoc_client_set_error_api(client, MONGOC_ERROR_API_VERSION_2)
        // The library connects with the first command.
        try run(["ping": 1])
    }

    deinit { mongoc_client_destroy(client) }

    /// Runs one command and returns its reply.
    @discardableResult
    func run(_ command: BSONDocument, on database: String = "admin") throws(MongoFault) -> BSONDocument {
        try run(json: command.json, on: database)
    }

    /// Runs one command given as extended JSON, in its order, and returns its reply.
    @discardableResult
    func run(json: String, on database: String) throws(MongoFault) -> BSONDocument {
        var error = bson_error_t()
        guard let request = bson_new_from_json(json, -1, &error) else {
            throw MongoFault(code: 0, message: "invalid document: \(MongoFault(error).message)")
        }
        defer { bson_destroy(request) }
        // The library initialises the reply's header in place: 128 bytes, with that alignment (bson-types.h). Swift
        // has no type of that alignment.
        let header = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 128)
        defer { header.deallocate() }
        let reply = OpaquePointer(header)
        let succeeded = mongoc_client_command_simple(client, database, request, nil, reply, &error)
        defer { bson_destroy(reply) }
        guard succeeded else { throw MongoFault(error) }
        guard let text = bson_as_relaxed_extended_json(reply, nil) else { return BSONDocument() }
        defer { bson_free(text) }
        do { return try BSONDocument(json: String(cString: text)) } catch {
            throw MongoFault(code: 0, message: "the reply cannot be read: \(error)", isUnanswered: true)
        }
    }

    /// Whether stored credentials belong to the password.
    func isProven(_ verifier: SCRAMVerifier, _ password: String) -> Bool {
        if let proven, proven.verifier == verifier, proven.password == password { return true }
        guard verifier.matches(password) else { return false }
        proven = (verifier, password)
        return true
    }

    // MARK: The address

    private static func address(
        _ socket: String, _ account: Account, _ patience: Patience, _ usesTLS: Bool
    ) -> OpaquePointer? {
        // The specification "Connection String": a socket is a host with every slash escaped.
        let host = socket.percentEncoded
        guard let address = mongoc_uri_new("mongodb://\(host)/") else { return nil }
        mongoc_uri_set_option_as_bool(address, MONGOC_URI_DIRECTCONNECTION, true)
        mongoc_uri_set_option_as_int32(address, MONGOC_URI_CONNECTTIMEOUTMS, patience.connect.milliseconds)
        mongoc_uri_set_option_as_int32(address, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, patience.connect.milliseconds)
        mongoc_uri_set_option_as_int32(address, MONGOC_URI_SOCKETTIMEOUTMS, patience.answer.milliseconds)
        // The library must not probe the server again while a connection is open, as it does after a minute: if the
        // server is gone by then and its socket refuses, the library locks a mutex twice and hangs forever
        // (CDRIVER-4666, fixed in 1.25; Debian 12 has 1.23.1). A broken connection is noticed without the probe.
        mongoc_uri_set_option_as_int32(address, MONGOC_URI_HEARTBEATFREQUENCYMS, .max)
        mongoc_uri_set_appname(address, "roostd")
        if usesTLS {
            mongoc_uri_set_option_as_bool(address, MONGOC_URI_TLS, true)
            // The socket's folder identifies the server, and both sides of SCRAM prove that they know the password.
            mongoc_uri_set_option_as_bool(address, MONGOC_URI_TLSALLOWINVALIDCERTIFICATES, true)
        }
        switch account {
        case .none: break
        case .system(let key): signOn(address, "__system", key, database: "local")
        case .user(let name, let password): signOn(address, name, password, database: "admin")
        }
        return address
    }

    private static func signOn(_ address: OpaquePointer, _ name: String, _ password: String, database: String) {
        mongoc_uri_set_username(address, name)
        mongoc_uri_set_password(address, password)
        mongoc_uri_set_auth_source(address, database)
        mongoc_uri_set_auth_mechanism(address, "SCRAM-SHA-256")
    }
}

extension Duration {
    fileprivate var milliseconds: Int32 { Int32(clamping: Int64(self / .milliseconds(1))) }
}

/// An error of the server, or a missing answer.
struct MongoFault: Error, Equatable, CustomStringConvertible {
    let code: Int
    let message: String
    /// Whether there was no answer, as opposed to a refusal.
    let isUnanswered: Bool

    var description: String { engineError.description }

    init(code: Int, message: String, isUnanswered: Bool = false) {
        self.code = code
        self.message = message
        self.isUnanswered = isUnanswered
    }

    init(_ error: bson_error_t) {
        let message = withUnsafeBytes(of: error.message) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        // A server ends the connections that are signing on when its place in the replica set changes. The library
        // reports that as a failed sign-on, too; only its text tells the difference.
        let isSignOn =
            error.domain == MONGOC_ERROR_CLIENT.rawValue && error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue
            && !message.hasPrefix("Failed to send")
        let isServers = [MONGOC_ERROR_SERVER.rawValue, MONGOC_ERROR_WRITE_CONCERN.rawValue].contains(error.domain)
        self.init(
            code: isSignOn ? Code.authenticationFailed : Int(error.code), message: message,
            isUnanswered: !isSignOn && !isServers)
    }

    var engineError: EngineError {
        isUnanswered ? .notReachable(message) : .refused(code: code, message: message)
    }

    /// The server's error codes (its source, `error_codes.yml`), named by their meaning here.
    enum Code {
        static let userNotFound = 11
        static let authenticationFailed = 18
        static let alreadyInitialised = 23
        static let timeExceeded = 50
        static let nodeNotFound = 74
        static let notMember = 93
        static let notYetInitialised = 94
        static let notSecondary = 95
        static let configurationReplaced = 103
        static let reconfigurationUnderWay = 109
        static let conflictingOperation = 117
        static let commandFailed = 125
        static let configurationNotCommitted = 308
        static let notPrimary = 10107
        static let userExists = 51003
    }
}

/// Keeps one idle connection per server, so that a probe costs a command and no sign-on. MariaDB's counterpart is
/// `ConnectionCache`.
final class MongoConnections: Sendable {
    private struct Idle {
        let connection: MongoConnection
        let since: ContinuousClock.Instant
    }

    private let idle = Mutex<[String: Idle]>([:])
    private static let keptFor: Duration = .seconds(60)

    /// Takes the idle connection to a socket, if there is one.
    func take(_ socket: String) -> MongoConnection? {
        idle.withLock { $0.removeValue(forKey: socket) }?.connection
    }

    /// Returns a working connection to the cache, and closes connections that were unused for long.
    func bringBack(_ connection: MongoConnection, _ socket: String, now: ContinuousClock.Instant = .now) {
        // Closed outside the lock, because closing sends a message over the network.
        let dropped = idle.withLock { idle in
            let old = idle.filter { now - $0.value.since > Self.keptFor }
            for key in old.keys { idle[key] = nil }
            let replaced = idle.updateValue(Idle(connection: connection, since: now), forKey: socket)
            return old.values.map(\.connection) + (replaced.map { [$0.connection] } ?? [])
        }
        withExtendedLifetime(dropped) {}
    }
}
