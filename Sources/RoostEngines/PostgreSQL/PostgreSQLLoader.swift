import RoostModel

/// The account that loads a dump. Pure.
enum PostgreSQLLoader: Equatable {
    /// A superuser that exists only for the load, in a server that serves no clients and is made for this dump.
    case importer
    /// The application user, in a server with users: the server itself then refuses everything beyond the
    /// application's rights, whatever function, block or spelling it comes in, and new objects have the right owner
    /// from the start.
    case applicationUser(String)

    init(_ plan: ServerPlan) {
        self = plan.profile == .building ? .importer : .applicationUser(plan.applicationUser)
    }

    /// The account that signs on.
    var account: String {
        switch self {
        case .importer: PostgreSQLAccounts.administrator
        case .applicationUser(let name): name
        }
    }

    /// The session's role, which is set again whenever the dump resets its role.
    var role: String {
        switch self {
        case .importer: PostgreSQLRoles.importer
        case .applicationUser: "none"
        }
    }
}
