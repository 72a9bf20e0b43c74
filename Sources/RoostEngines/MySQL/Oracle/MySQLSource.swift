import RoostModel
import Synchronization

/// The server that a MySQL server follows, as the follower's own account reaches it.
struct MySQLSource: Sendable {
    let plan: ServerPlan
    let port: PortNumber
    let own: GroupPlan.Follower

    /// Members have the same key, because each began as a copy of the primary's directory. Without TLS, the replica
    /// encrypts its password with that key: a program that took the port of a primary that is down learns nothing.
    private var key: String { "\(plan.folders.data)/public_key.pem" }
    private var authority: String { ServerFiles(plan: plan).path(ServerFiles.authority) }

    private var delay: Int { plan.group?.delay ?? 0 }

    private var trust: ServerConnection.Trust { plan.certificate == nil ? .key(key) : .authority(authority) }

    /// Options of `CHANGE REPLICATION SOURCE TO`. The account is not among them: the table of the connection would
    /// hold its password, and users may read it.
    var options: [String] {
        [
            "SOURCE_HOST = '127.0.0.1'", "SOURCE_PORT = \(port)", "SOURCE_AUTO_POSITION = 1",
            "SOURCE_CONNECT_RETRY = 1",
            // Attempts at one a second: for ever.
            "SOURCE_RETRY_COUNT = 0", "SOURCE_HEARTBEAT_PERIOD = 0.5", "SOURCE_DELAY = \(delay)",
        ] + encryption
    }

    /// A service that is exposed to the network refuses connections without TLS, also from this host.
    private var encryption: [String] {
        guard plan.certificate != nil else {
            return ["SOURCE_SSL = 0", "SOURCE_PUBLIC_KEY_PATH = \(SQLText.literal(key))"]
        }
        return [
            "SOURCE_SSL = 1", "SOURCE_SSL_CA = \(SQLText.literal(authority))", "SOURCE_SSL_VERIFY_SERVER_CERT = 1",
        ]
    }

    /// Whether a connection is configured with these options. `row`: of `SHOW REPLICA STATUS`.
    func isConfigured(_ row: [String: String]) -> Bool {
        guard row["Source_Port"] == "\(port)", row["Auto_Position"] == "1", row["SQL_Delay"] == "\(delay)"
        else { return false }
        guard plan.certificate != nil else {
            return row["Source_SSL_Allowed"] == "No" && row["Source_public_key_path"] == key
        }
        return row["Source_SSL_Allowed"] == "Yes" && row["Source_SSL_CA_File"] == authority
            && row["Source_SSL_Verify_Server_Cert"] == "Yes"
    }

    /// Statement that starts threads of the replica. The server keeps the account in memory until its receiver stops,
    /// and leaves the password out of its logs.
    func start(_ thread: String = "") -> String {
        "START REPLICA\(thread) USER = \(SQLText.literal(own.name)) PASSWORD = \(SQLText.literal(own.passwordForMySQL))"
    }

    /// Transactions of the source, and whether it takes writes: one that does not may have others to apply still.
    struct History {
        let transactions: GTIDSet
        let isOpen: Bool
    }

    /// Every transaction in the source's binary log, including those whose commit waits for an acknowledgement.
    func history() throws(ClientFault) -> History {
        do throws(ClientFault) {
            let connection = try ServerConnection(
                port, user: own.name, password: own.passwordForMySQL, trust: trust, .probe)
            let isOpen = try !connection.isReadOnly
            let owned = try MySQLReplicationStatus.owned(connection)
            return History(
                transactions: try MySQLReplicationStatus.executed(connection).union(owned), isOpen: isOpen)
        } catch {
            let reason = ReplicationFault(code: error.code, message: error.message).receiverReason
            throw .refusal("it cannot compare its data with the primary on port \(port): \(reason)")
        }
    }
}

/// Transactions of a server that its primary lacks.
struct MySQLDivergence: Equatable {
    let transactions: GTIDSet
    let source: PortNumber

    /// Whether the data are still those that were compared. A server with new data in its directory has others.
    /// `held`: transactions that were applied or received.
    func isOf(_ held: GTIDSet) -> Bool { transactions.subtracting(held).isEmpty }
}

/// Divergences that were found when servers were last told to follow. A server that follows without an error tells
/// nobody that its primary lacks some of its transactions.
final class MySQLDivergences: Sendable {
    private let known = Mutex<[String: MySQLDivergence]>([:])

    subscript(server: ServerAddress) -> MySQLDivergence? {
        get { known.withLock { $0[server.socket] } }
        set { known.withLock { $0[server.socket] = newValue } }
    }
}
