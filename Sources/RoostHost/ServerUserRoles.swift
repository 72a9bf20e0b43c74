import RoostModel

/// Which of the system users does what, so that none of them meets another's files.
package struct ServerUserRoles: Equatable, Sendable {
    /// Makes the directories that all databases start from, and runs nobody's server.
    package let initialiser: ServerUser?
    /// Runs the build scripts of custom services, and owns no service's files. The initialiser where there are fewer
    /// than three users.
    package let builder: ServerUser?
    /// Run servers. With one user alone that one does everything.
    package let servers: [ServerUser]

    package init(pool: [ServerUser]) {
        let apart = pool.count < 3 ? pool.count - 1 : 2
        initialiser = pool.last
        builder = pool.count < 3 ? pool.last : pool[pool.count - 2]
        servers = Array(pool.dropLast(max(apart, 0)))
    }
}
