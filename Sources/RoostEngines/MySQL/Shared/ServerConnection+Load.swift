import CMariaDB
import RoostModel

extension ServerConnection {
    /// The hosts of every account and role, by account name.
    var standingAccounts: [String: [String]] {
        get throws(ClientFault) {
            try run("SELECT User, Host FROM mysql.user").reduce(into: [:]) { all, row in
                guard let user = row.first ?? nil, let host = row.last ?? nil else { return }
                all[user, default: []].append(host)
            }
        }
    }

    /// A connection for a load: with the server's own session settings, and without timeouts after the connect.
    static func open(_ server: ServerAddress, database: String?) throws(ClientFault) -> UnsafeMutablePointer<MYSQL> {
        guard libraryIsReady, let client = mysql_init(nil) else {
            throw ClientFault(code: 2008, message: "the client library could not be set up")
        }
        var (connect, local, packet): (UInt32, UInt32, UInt) = (30, 0, 1 << 30)
        mysql_options(client, MYSQL_OPT_CONNECT_TIMEOUT, &connect)
        // The protocol lets a server request any file of the client: refuse.
        mysql_options(client, MYSQL_OPT_LOCAL_INFILE, &local)
        mysql_options(client, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet)
        mysql_options(client, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        // MariaDB reads only the first of the two comments, MySQL only the second.
        mysql_options(
            client, MYSQL_INIT_COMMAND,
            "SET SESSION wait_timeout = 31536000, net_read_timeout = 86400, net_write_timeout = 86400 "
                + "/*M! , max_statement_time = 0 */ /*!80000 , max_execution_time = 0 */")
        let connected = mysql_real_connect(
            client, nil, SystemAccounts.administrator, server.administrationPassword, database, 0, server.socket, 0)
        guard connected != nil else {
            let fault = ClientFault(code: Int(mysql_errno(client)), message: String(cString: mysql_error(client)))
            mysql_close(client)
            throw fault
        }
        return client
    }
}
