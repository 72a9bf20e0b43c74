import RoostModel

/// The authenticated sender of a request.
enum Caller: Equatable, Hashable, Sendable {
    /// A process that may open the Unix socket.
    case local
    case token(Access)
    /// A browser with the page's cookie. A session reaches only the page, so that no other site can make the browser
    /// call the API.
    case session(Access)
    case nobody
}

extension Caller {
    var administers: Bool { self == .local || self == .token(.admin) }
}

/// The permission that a route requires of its caller.
enum Permission: Equatable, Sendable, CaseIterable {
    /// No permission; the caller is not authenticated.
    case nothing
    /// No permission, but the answer depends on the caller.
    case visit
    /// The page's own calls.
    case page
    /// Facts of the machine and of the API. Every token may read them.
    case machine
    /// Facts about all applications together.
    case overview
    /// A list that is narrowed to what the caller may see.
    case list
    case readApplication
    case changeApplication
    /// Makes copies of what the caller may see, and reads their passwords.
    case copy
    /// Reads passwords.
    case readSecrets
    case administer
}

/// The applications that a caller may see.
enum Scope: Equatable, Sendable {
    case nothing
    case everything
    case only(ApplicationName)

    func includes(_ application: String) -> Bool {
        switch self {
        case .nothing: false
        case .everything: true
        case .only(let name): name.rawValue == application
        }
    }

    var onlyApplication: ApplicationName? {
        if case .only(let name) = self { name } else { nil }
    }
}

/// The only place that decides permissions. `application` is the application that the path names.
func authorize(_ caller: Caller, _ permission: Permission, application: ApplicationName?) throws(Problem) -> Scope {
    switch (caller, permission) {
    case (_, .nothing): return .nothing
    case (.local, _), (.token(.admin), _): return .everything
    case (.nobody, .visit): return .nothing
    case (.nobody, _): throw .signOnNeeded
    case (.session(let access), .visit), (.session(let access), .page): return access.scope
    case (.session, _): throw .signOnNeeded
    case (.token(.read), let permission):
        switch permission {
        case .nothing, .visit, .page, .machine, .overview, .list, .readApplication: return .everything
        case .changeApplication, .copy, .readSecrets, .administer: throw .scopeTooSmall(.read)
        }
    case (.token(.application(let own)), let permission):
        switch permission {
        case .nothing, .visit, .page, .machine, .list, .copy: return .only(own)
        case .readApplication, .changeApplication, .readSecrets:
            guard application == own else {
                throw application.map { .outOfScope($0) } ?? .scopeTooSmall(.application(own))
            }
            return .only(own)
        case .overview, .administer: throw .scopeTooSmall(.application(own))
        }
    }
}

extension Access {
    var scope: Scope {
        switch self {
        case .admin, .read: .everything
        case .application(let name): .only(name)
        }
    }
}

extension Problem {
    static let signOnNeeded = Problem(
        .unauthorized, "a token is required",
        next: [
            "create one with '\(Hint.makeToken())', then set ROOST_TOKEN or send 'Authorization: Bearer TOKEN'"
        ])

    static func scopeTooSmall(_ access: Access) -> Problem {
        Problem(
            .forbidden, "the token's scope '\(access.scope)' does not allow this",
            next: ["create one that does with '\(Hint.makeToken())'"])
    }

    static func outOfScope(_ application: ApplicationName) -> Problem {
        Problem(
            .forbidden, "the token is not for application '\(application)'",
            next: ["create one with '\(Hint.makeToken("app:\(application)"))'"])
    }
}
