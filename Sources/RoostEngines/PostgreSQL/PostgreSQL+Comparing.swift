import RoostModel

extension PostgreSQL: Comparing {
    package func comparisonPoint(_ server: ServerAddress) async throws(EngineError) -> ComparisonPoint {
        let report = try await replicationReport(server)
        guard report.role == .primary, case .postgresql(let timeline, _) = report.applied else {
            return ComparisonPoint(report, position: report.applied, commitsWait: false)
        }
        let row = try await administer(server) { connection throws(PostgreSQLFault) in
            try connection.run(PostgreSQLTableSums.point).first
        }
        guard let row, row.count == 2, let location = row[0].flatMap(PostgreSQLReport.location) else {
            throw .notReachable("the server did not tell its position")
        }
        return ComparisonPoint(
            report,
            position: .postgresql(timeline: timeline, location: PostgreSQLTableSums.end(of: location)),
            commitsWait: row[1] != "0")
    }

    package func comparableTables(_ server: ServerAddress) async throws(EngineError) -> [ComparableTable] {
        let databases = try await administer(server) { connection throws(PostgreSQLFault) in
            try connection.run(PostgreSQLTableSums.databases).compactMap { $0.first ?? nil }
        }
        var tables: [ComparableTable] = []
        for database in databases {
            let found = try await read(database, server) { connection throws(PostgreSQLFault) in
                try connection.run(PostgreSQLTableSums.tables)
            }
            tables += (found ?? []).compactMap { PostgreSQLTableSums.table($0, in: database) }
        }
        return tables
    }

    package func shape(of table: ComparableTable, _ server: ServerAddress) async throws(EngineError) -> TableShape? {
        let row = try await read(table.database, server) { connection throws(PostgreSQLFault) in
            try connection.run(PostgreSQLTableSums.size(of: table)).first
        }
        return row?.map { PostgreSQLTableSums.shape(of: table, accessMethod: $0[1]) }
    }

    package func chunkEnd(
        of shape: TableShape, after lower: Int?, _ server: ServerAddress
    ) async throws(EngineError) -> ChunkEnd {
        guard shape.key != nil else { return .last }
        let row = try await read(shape.table.database, server) { connection throws(PostgreSQLFault) in
            try connection.run(PostgreSQLTableSums.size(of: shape.table)).first
        }
        guard let row, let pages = row?.first?.flatMap({ Int($0) }) else { return .last }
        return PostgreSQLTableSums.end(after: lower, pages: pages)
    }

    package func sum(of chunk: TableChunk, _ server: ServerAddress) async throws(EngineError) -> ChunkSum {
        do throws(EngineError) {
            let answer = try await read(chunk.shape.table.database, server) { connection throws(PostgreSQLFault) in
                PostgreSQLTableSums.sum(try connection.run(PostgreSQLTableSums.sum(of: chunk)).first)
            }
            return answer ?? .absent
        } catch {
            guard case .rejected(let state, let message) = error else { throw error }
            return PostgreSQLTableSums.sum(state: state, message)
        }
    }

    /// Runs queries in a session that only reads. Nil if there is no such database.
    private func read<Value: Sendable>(
        _ database: String, _ server: ServerAddress,
        _ work: @escaping @Sendable (PostgreSQLConnection) throws(PostgreSQLFault) -> Value
    ) async throws(EngineError) -> Value? {
        let result: Result<Value?, PostgreSQLFault>
        do {
            result = try await AdministrationThreads.run { () throws(PostgreSQLFault) -> Value? in
                let connection: PostgreSQLConnection
                do throws(PostgreSQLFault) {
                    connection = try PostgreSQLConnection(server, database: database, .administration)
                } catch {
                    let general = try PostgreSQLConnection(server, .administration)
                    guard try general.run(PostgreSQLTableSums.exists(database)).isEmpty else { throw error }
                    return nil
                }
                try connection.run(PostgreSQLTableSums.session)
                return try work(connection)
            }
        } catch {
            throw .notReachable("the call was cancelled")
        }
        do throws(PostgreSQLFault) { return try result.get() } catch { throw error.engineError }
    }
}
