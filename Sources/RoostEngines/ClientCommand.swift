import RoostModel

/// What `roost run` asks for. `arguments` empty: the default client.
package struct ClientRequest: Sendable {
    package let arguments: [String]
    package let host: String
    package let port: PortNumber
    package let user: String
    package let password: String
    package let database: String
    /// PEM of the internal CA, where the service requires TLS.
    package let authority: String?

    package init(
        arguments: [String], host: String, port: PortNumber, user: String, password: String, database: String,
        authority: String?
    ) {
        self.arguments = arguments
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.authority = authority
    }
}

/// A command for the caller's machine. `{files}` in arguments and variables stands for the private folder that the
/// caller writes `files` to (mode 0600, folder 0700).
package struct ClientCommand: Equatable, Sendable {
    package let arguments: [String]
    package let environment: [String: String]
    package let files: [String: String]
    /// Put first in the path.
    package let path: [String]

    package init(arguments: [String], environment: [String: String], files: [String: String], path: [String]) {
        self.arguments = arguments
        self.environment = environment
        self.files = files
        self.path = path
    }
}
