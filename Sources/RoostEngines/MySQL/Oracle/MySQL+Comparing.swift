import RoostModel

extension MySQL: Comparing {
    private var sums: TableSums { TableSums(systemDatabases: family.systemDatabases ?? []) }

    package func comparisonPoint(_ server: ServerAddress) async throws(EngineError) -> ComparisonPoint {
        try await administration.ask(server) { connection throws(ClientFault) in
            let status = try MySQLReplicationStatus(connection, data: server.data)
            let report = status.report(divergences[server])
            let commitsWait = status.synchronous.waiting > 0 ? try TableSums.commitsWait(connection) : false
            return ComparisonPoint(report, position: report.applied, commitsWait: commitsWait)
        }
    }

    package func comparableTables(_ server: ServerAddress) async throws(EngineError) -> [ComparableTable] {
        try await administration.comparableTables(server, sums)
    }

    package func shape(of table: ComparableTable, _ server: ServerAddress) async throws(EngineError) -> TableShape? {
        try await administration.shape(of: table, server)
    }

    package func chunkEnd(
        of shape: TableShape, after lower: Int?, _ server: ServerAddress
    ) async throws(EngineError) -> ChunkEnd {
        try await administration.chunkEnd(of: shape, after: lower, server)
    }

    package func sum(of chunk: TableChunk, _ server: ServerAddress) async throws(EngineError) -> ChunkSum {
        try await administration.sum(of: chunk, server)
    }
}
