/// A server's health according to its answers. Pure.
enum RedisHealth {
    /// `account`: of the application user. `facts`: the sections of INFO on persistence and replication.
    static func read(account: RedisAnswer, facts: RedisAnswer) -> Health {
        // Clients' commands are refused until all data is loaded, which the account alone does not show.
        if facts.field("loading") == "1" {
            let part = facts.field("loading_loaded_perc").map { ", \($0) %" } ?? ""
            return .starting("it is loading its data\(part)")
        }
        guard let flags = account["flags"]?.list else { return .unhealthy("its user list is not available") }
        // Users of a replica only read.
        return flags.contains(.text("on")) && facts.field("role") != "slave" ? .healthy : .closed
    }

    static let busy =
        "a client's script or function has been running for seconds and blocks all other clients; end it with "
        + "'roost run SERVICE -- redis-cli SCRIPT KILL' (or FUNCTION KILL). A script that has written data cannot be "
        + "killed: wait for it, or run 'roost restart SERVICE'"

    static func read(_ fault: RedisFault, isListening: Bool) -> Health {
        switch (fault, fault.kind) {
        case (.unanswered, _) where !isListening: .starting("it is not listening on its socket yet")
        case (.unanswered(let reason), _): .unknown(reason)
        case (_, "LOADING"): .starting("it is loading its data")
        // The server is alive and answers nobody. Waiting loses nothing, and ending a script cannot undo its writes.
        case (_, "BUSY"): .unhealthy(busy)
        case (_, "WRONGPASS"), (_, "NOAUTH"), (_, "NOPERM"):
            .lockedOut("it refuses Roost's own account, which a restart restores")
        // The server is alive; whether it is open is not known now.
        case (.refused(let words), _) where words.contains("max number of clients"): .crowded(words)
        case (.refused(let words), _): .unhealthy(words)
        }
    }
}
