import RoostModel

// Statements with which Roost changes a server that is closed for everybody.
extension ServerConnection {
    /// Attempts at closing the server again, one second each.
    private static let attempts = 10
    private static let lockWaitTimeout = 1205

    /// Runs statements that are not written to the binary log: each server of a service does this for itself. If the
    /// server is read-only, it takes writes of Roost's own account alone in the meantime, and of nobody afterwards.
    func withOwnWrites<Value>(_ work: () throws(ClientFault) -> Value) throws(ClientFault) -> Value {
        let isClosed = try isReadOnly
        if isClosed { try run("SET GLOBAL super_read_only = 0") }
        let result: Result<Value, ClientFault>
        do throws(ClientFault) {
            try run("SET SESSION sql_log_bin = 0")
            result = .success(try work())
        } catch { result = .failure(error) }
        // A connection that has failed makes both statements fail: the first error is the one to report.
        do throws(ClientFault) {
            try run("SET SESSION sql_log_bin = 1")
            if isClosed { try refuseWrites() }
        } catch {
            _ = try result.get()
            throw error
        }
        return try result.get()
    }

    /// The statement waits for changes that are being applied, and makes later ones wait. Short attempts let both go
    /// on in between: parallel appliers may wait for each other and for the statement.
    private func refuseWrites() throws(ClientFault) {
        try run("SET SESSION lock_wait_timeout = 1")
        for attempt in 1...Self.attempts {
            do throws(ClientFault) {
                try run("SET GLOBAL super_read_only = 1")
                break
            } catch {
                guard error.code == Self.lockWaitTimeout, attempt < Self.attempts else { throw error }
            }
        }
        try run("SET SESSION lock_wait_timeout = 86400")
    }
}
