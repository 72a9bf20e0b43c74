/// The router's folder in a daemon's home, `<home>/router`.
package struct RouterHome: Sendable {
    package let folder: String

    package init(home: String) { folder = "\(home)/router" }

    /// The control socket: one JSON request a line, one reply a line; see `RouterRequest`.
    package var controlSocket: String { "\(folder)/control.sock" }
    /// The last table, as `RoutingTable`.
    package var table: String { "\(folder)/table.json" }
    /// Held with flock(2) by the router in charge. The file's text is that router's process id, for people.
    package var lock: String { "\(folder)/router.lock" }
}
