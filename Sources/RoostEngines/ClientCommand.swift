import RoostModel

/// The request of `roost run` and `roost with`. `arguments` empty: the default client.
package struct ClientRequest: Sendable {
    package let arguments: [String]
    /// Whether statements come from a file or a pipe: the client then ends at the first error.
    package let endsAtFirstError: Bool
    package let host: String
    package let port: PortNumber
    package let user: String
    package let password: String
    package let database: String
    /// PEM of the internal CA if the service requires TLS.
    package let authority: String?

    package init(
        arguments: [String], endsAtFirstError: Bool = false, host: String, port: PortNumber, user: String,
        password: String, database: String, authority: String?
    ) {
        self.arguments = arguments
        self.endsAtFirstError = endsAtFirstError
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.authority = authority
    }
}

/// A command for the caller's host. `{files}` in arguments, variables and path stands for the private folder that the
/// caller writes `files` to (mode 0600, scripts 0700, folder 0700).
package struct ClientCommand: Equatable, Sendable {
    package let arguments: [String]
    package let variables: ClientVariables
    package let files: [String: String]
    /// Folders for the front of the path.
    package let path: [String]

    package var environment: [String: String] { variables.values }

    package init(arguments: [String], variables: ClientVariables, files: [String: String], path: [String]) {
        self.arguments = arguments
        self.variables = variables
        self.files = files
        self.path = path
    }
}

/// The format of an export.
package enum ExportFormat: String, Codable, Sendable, CaseIterable {
    /// SQL as text.
    case sql
    /// For `pg_restore`: compressed, and restorable in parts.
    case custom, tar
    /// The whole data set of a Redis.
    case rdb
    /// For `mongorestore`.
    case archive
}

/// The variables that a family's client programs and libraries read, so that a command reaches this database and no
/// other.
package struct ClientVariables: Equatable, Sendable {
    package var values: [String: String]
    /// Variables of the caller's that would lead clients to another server, or prevent sign-on. Removed unless
    /// `values` sets them.
    package var cleared: [String]

    package init(values: [String: String], cleared: [String] = []) {
        self.values = values
        self.cleared = cleared
    }
}
