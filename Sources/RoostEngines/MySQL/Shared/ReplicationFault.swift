/// An error of a replica's receiver or applier, on a server of the MySQL family. Pure.
///
/// The server's messages quote values of rows and whole statements, which may hold secrets: users are shown words of
/// Roost's own, with the names of tables.
struct ReplicationFault: Equatable {
    /// MariaDB's number of the error. 0: none.
    let code: Int
    let message: String

    init(code: Int, message: String) {
        self.code = code
        self.message = message
    }

    init(_ code: String?, _ message: String?) {
        let number = code.flatMap { Int($0) } ?? 0
        self.init(code: Code.ofMySQL[number] ?? number, message: message ?? "")
    }

    private enum Code {
        static let duplicateKey = 1062
        static let missingRow = 1032
        static let missingTable = 1146
        static let existingTable = 1050
        static let outOfOrder = 1950
        static let unreadableLog = 1236
        static let unreadableRelayLog = 1594
        static let fatal = 1593
        static let accessDenied = 1045
        static let tooManyConnections = 1040
        /// Of the server's own client, and of Roost's.
        static let cannotConnect: Set = [2003, 2002]
        static let tls = 2026

        /// MariaDB's numbers of errors by MySQL's.
        static let ofMySQL = [13_114: unreadableLog, 13_117: fatal, 13_121: unreadableRelayLog]
    }

    /// Whether a receiver that stopped with this error needs more than another attempt. Others stopped because they
    /// had tried for too long.
    var isLasting: Bool {
        code != 0 && !(2000...2999).contains(code) && ![Code.accessDenied, Code.tooManyConnections].contains(code)
    }

    /// Whether the error proves that the server holds transactions that its primary lacks.
    var provesDivergence: Bool {
        code == Code.outOfOrder
            || (code == Code.unreadableLog && Self.signsOfDivergence.contains(where: message.contains))
    }

    /// Of MariaDB and of MySQL.
    private static let signsOfDivergence = ["which is not in the master's binlog", "more GTIDs than the source has"]

    /// Whether the primary refuses the account with which the receiver signs on.
    var isRefusal: Bool { code == Code.accessDenied }

    // MARK: In words

    /// `duplicate key in shop.orders`
    var applierReason: String {
        switch code {
        case Code.duplicateKey: "duplicate key in \(table)"
        case Code.missingRow: "missing row in \(table)"
        case Code.missingTable: "missing table \(missingTable)"
        case Code.existingTable: "a table that its primary created exists already"
        case Code.outOfOrder: Self.divergence
        case Code.unreadableRelayLog: "the changes that it received cannot be read"
        default: "a change failed with error \(code)" + (namedTable.map { " in \($0)" } ?? "") + "; see its log"
        }
    }

    var receiverReason: String {
        switch code {
        case 0: "it is connecting to the primary"
        case _ where Code.cannotConnect.contains(code):
            message.contains(/\(111[ )]/) ? "connection refused" : "the primary does not answer"
        case Code.accessDenied: "the primary refuses its account"
        case Code.tooManyConnections: "the primary has too many connections"
        case Code.tls: "it cannot verify the primary's certificate"
        case Code.fatal where message.contains("server ids"): "it has the same server id as its primary"
        case Code.unreadableLog where provesDivergence: Self.divergence
        case Code.unreadableLog where message.contains("purged"):
            "the primary's binary log no longer has the changes that it needs"
        case 2000...2999: "the connection to the primary was lost (error \(code))"
        default: "the primary sends no changes (error \(code)); see its log"
        }
    }

    static let divergence = "it holds changes that its primary lacks"

    private var table: String { namedTable ?? "a table" }

    /// `Could not execute Write_rows_v1 event on table shop.orders; Duplicate entry …`
    private var namedTable: String? { message.firstMatch(of: /event on table ([^;]+);/).map { String($0.1) } }

    /// `Error executing row event: 'Table 'shop.orders' doesn't exist'`
    private var missingTable: String {
        message.firstMatch(of: /Table '([^']+)' doesn't exist/).map { String($0.1) } ?? "of its primary"
    }
}
