/// The router's folder in a daemon's home, `<home>/router`.
package struct RouterHome: Sendable {
    package let folder: String

    package init(home: String) { folder = "\(home)/router" }

    /// One JSON request a line, one reply a line; see `RouterRequest`.
    package var controlSocket: String { "\(folder)/control.sock" }
    /// The last table, as `RoutingTable`.
    package var table: String { "\(folder)/table.json" }
    /// Held with flock(2) by the router in charge; its text is that router's process id, for people.
    package var lock: String { "\(folder)/router.lock" }
}
