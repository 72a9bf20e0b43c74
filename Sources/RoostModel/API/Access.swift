/// Permissions of a caller.
package enum Access: Codable, Equatable, Hashable, Sendable {
    case admin
    /// The caller may read everything but secrets.
    case read
    /// The caller may do everything within one application.
    case application(ApplicationName)

    /// Reads `admin`, `read`, `app:NAME`.
    package init?(scope: String) {
        switch scope {
        case "admin": self = .admin
        case "read": self = .read
        default:
            guard scope.hasPrefix("app:"), let name = ApplicationName(rawValue: String(scope.dropFirst(4))) else {
                return nil
            }
            self = .application(name)
        }
    }

    package var scope: String {
        switch self {
        case .admin: "admin"
        case .read: "read"
        case .application(let name): "app:\(name)"
        }
    }
}
