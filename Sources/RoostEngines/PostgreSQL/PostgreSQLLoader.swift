import RoostModel

/// As whom a dump is loaded. Pure.
enum PostgreSQLLoader: Equatable {
    /// A superuser that is there for the load alone, in a server that serves nobody and is made for this dump.
    case importer
    /// In a server that people use: there the server itself refuses what is not the application's own, whatever function,
    /// block or spelling it comes in, and what is made belongs to the right user from its first moment.
    case applicationUser(String)

    init(_ plan: ServerPlan) {
        self = plan.profile == .building ? .importer : .applicationUser(plan.shownUser)
    }

    /// Who signs on.
    var account: String {
        switch self {
        case .importer: PostgreSQLAccounts.administrator
        case .applicationUser(let name): name
        }
    }

    /// The role of the session, to which it comes back whenever the dump resets its role.
    var role: String {
        switch self {
        case .importer: PostgreSQLRoles.importer
        case .applicationUser: "none"
        }
    }
}
