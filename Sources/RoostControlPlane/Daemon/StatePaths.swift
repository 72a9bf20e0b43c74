/// Where the control plane keeps its state in a home folder.
package struct StatePaths: Sendable {
    package let home: String

    package init(home: String) { self.home = home }

    package var socket: String { "\(home)/roostd.sock" }
    package var store: String { "\(home)/store.db" }
    package var storeCopy: String { "\(home)/store.copy.db" }
    package var key: String { "\(home)/key" }
}
