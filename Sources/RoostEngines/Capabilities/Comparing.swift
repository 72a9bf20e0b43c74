import RoostModel

/// Checksums of tables, by which the members of a group are compared. Nothing here writes, locks rows, or waits longer
/// than `comparisonPatience`.
package protocol Comparing: Sendable {
    /// Role, position and waiting commits of a member. Taken on a primary, the position covers every change that an
    /// earlier query there saw; on a replica, later queries see every change that it covers.
    func comparisonPoint(_ server: ServerAddress) async throws(EngineError) -> ComparisonPoint

    /// The tables of users, sorted by name, with those that are not compared.
    func comparableTables(_ server: ServerAddress) async throws(EngineError) -> [ComparableTable]

    /// The columns of a table and the key that parts it. Nil if the table is gone.
    func shape(of table: ComparableTable, _ server: ServerAddress) async throws(EngineError) -> TableShape?

    /// The upper end of the part of a table that begins behind `lower`; nil if that part is the last one.
    func chunkEnd(
        of shape: TableShape, after lower: Int?, _ server: ServerAddress
    ) async throws(EngineError) -> ChunkEnd

    /// The checksum of a part of a table. Throws only if the server cannot be reached.
    func sum(of chunk: TableChunk, _ server: ServerAddress) async throws(EngineError) -> ChunkSum
}

/// Limit of one query for a checksum. A change of the table's definition waits for the query, and everybody who uses the
/// table waits for the change.
let comparisonPatience: Duration = .seconds(5)

package struct ComparisonPoint: Equatable, Sendable {
    package let role: ReplicationReport.Role
    package let link: ReplicationReport.Link
    /// Nil if the server cannot tell.
    package let position: Position?
    /// For a primary: whether a commit has waited for its acknowledgement for a second or longer. A replica may show it
    /// already.
    package let commitsWait: Bool

    package init(_ report: ReplicationReport, position: Position?, commitsWait: Bool = false) {
        role = report.role
        link = report.link
        self.position = position
        self.commitsWait = commitsWait
    }
}

package struct ComparableTable: Hashable, Sendable {
    package let database: String
    /// PostgreSQL's schema. Nil for the MySQL family.
    package let schema: String?
    package let table: String
    /// Whether the table keeps its old rows, which are compared as well: MariaDB's `WITH SYSTEM VERSIONING`.
    let isVersioned: Bool
    /// Why the table is not compared: `it is kept in memory`. Nil if it is compared.
    package let leftOut: String?

    package init(database: String, schema: String? = nil, table: String, leftOut: String? = nil) {
        self.init(database: database, schema: schema, table: table, isVersioned: false, leftOut: leftOut)
    }

    init(
        database: String, schema: String? = nil, table: String, isVersioned: Bool, leftOut: String?
    ) {
        self.isVersioned = isVersioned
        self.database = database
        self.schema = schema
        self.table = table
        self.leftOut = leftOut
    }

    /// `shop.orders`; with PostgreSQL `shop.public.orders`.
    package var name: String { [database, schema, table].compactMap(\.self).joined(separator: ".") }
}

/// The SQL of which the checksums of a table are made.
package struct TableShape: Equatable, Sendable {
    package let table: ComparableTable
    /// SQL for the text of a row.
    let row: String
    /// Columns with their types, and the storage engine: members may differ in these. Empty if they cannot.
    package let definition: String
    /// The key that parts the table. Nil if the table is compared as a whole.
    let key: Key?

    struct Key: Equatable, Sendable {
        /// The column, as SQL.
        let column: String
        /// For messages: `rows with id`.
        let label: String
    }

    package init(table: ComparableTable, row: String, definition: String = "") {
        self.init(table: table, row: row, definition: definition, key: nil)
    }

    init(table: ComparableTable, row: String, definition: String = "", key: Key?) {
        self.table = table
        self.row = row
        self.definition = definition
        self.key = key
    }
}

/// The rows whose key is above `lower` and at most `upper`; nil means that there is no limit.
package struct TableChunk: Equatable, Sendable {
    package let shape: TableShape
    package let lower: Int?
    package let upper: Int?

    package init(_ shape: TableShape, lower: Int? = nil, upper: Int? = nil) {
        self.shape = shape
        self.lower = lower
        self.upper = upper
    }

    /// For messages: `rows with id above 100 and up to 200`. Empty for a whole table.
    package var text: String {
        guard let key = shape.key, lower != nil || upper != nil else { return "" }
        let limits = [lower.map { "above \($0)" }, upper.map { "up to \($0)" }].compactMap(\.self)
        return "\(key.label) \(limits.joined(separator: " and "))"
    }
}

package enum ChunkEnd: Equatable, Sendable {
    case at(Int)
    /// No rows are left behind the part, or only few.
    case last
    /// The server does not tell; the text says why.
    case unknown(String)
}
