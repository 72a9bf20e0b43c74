import RoostModel

/// Assigns roles to the system users, so that no role can reach another's files.
package struct ServerUserRoles: Equatable, Sendable {
    /// User that makes the template directories that all databases start from. Runs no servers.
    package let initialiser: ServerUser?
    /// User that runs the build scripts of custom services, and owns no service's files. Same as the initialiser
    /// where there are fewer than three users.
    package let builder: ServerUser?
    /// Users that run servers. A pool of one user has that user in all roles.
    package let servers: [ServerUser]

    package init(pool: [ServerUser]) {
        let apart = pool.count < 3 ? pool.count - 1 : 2
        initialiser = pool.last
        builder = pool.count < 3 ? pool.last : pool[pool.count - 2]
        servers = Array(pool.dropLast(max(apart, 0)))
    }
}
