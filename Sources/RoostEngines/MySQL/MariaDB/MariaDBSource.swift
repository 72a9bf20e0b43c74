import RoostModel

/// The server that a MariaDB server follows, as the follower's own account reaches it.
struct MariaDBSource: Sendable {
    let plan: ServerPlan
    let port: PortNumber
    let own: GroupPlan.Follower

    var delay: Int { plan.group?.delay ?? 0 }

    private var authority: String { ServerFiles(plan: plan).path(ServerFiles.authority) }

    private var trust: ServerConnection.Trust { plan.certificate == nil ? .challenge : .authority(authority) }

    /// Options of `CHANGE MASTER TO`.
    var options: [String] {
        [
            "MASTER_HOST = '127.0.0.1'", "MASTER_PORT = \(port)", "MASTER_USER = \(SQLText.literal(own.name))",
            "MASTER_PASSWORD = \(SQLText.literal(own.password))", "MASTER_USE_GTID = slave_pos",
            "MASTER_CONNECT_RETRY = 1", "MASTER_HEARTBEAT_PERIOD = 0.5", "MASTER_DELAY = \(delay)",
        ] + encryption
    }

    /// A service that is exposed to the network refuses connections without TLS, also from this host.
    private var encryption: [String] {
        guard plan.certificate != nil else {
            return ["MASTER_SSL = 0", "MASTER_SSL_CA = ''", "MASTER_SSL_VERIFY_SERVER_CERT = 0"]
        }
        return [
            "MASTER_SSL = 1", "MASTER_SSL_CA = \(SQLText.literal(authority))", "MASTER_SSL_VERIFY_SERVER_CERT = 1",
        ]
    }

    /// The newest transactions of the source, including those whose commit waits for an acknowledgement.
    func position() throws(ClientFault) -> MariaDBPosition {
        do throws(ClientFault) {
            let connection = try ServerConnection(port, user: own.name, password: own.password, trust: trust, .probe)
            return try MariaDBReplicationStatus.position(connection)
        } catch {
            let reason = ReplicationFault(code: error.code, message: error.message).receiverReason
            throw .refusal(
                "it may have received changes that it has not applied, and the server on port \(port), which would send "
                    + "them again, does not tell its position: \(reason)")
        }
    }
}
