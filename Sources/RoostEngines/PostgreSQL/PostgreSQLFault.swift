/// The reason why a statement has no answer, or the error that the server answered with.
enum PostgreSQLFault: Error, Equatable, CustomStringConvertible {
    /// No connection, or a lost one.
    case notConnected(String)
    /// Connected, but no answer in time.
    case silent
    /// The server's own error, by its SQLSTATE.
    case refused(state: String, message: String)

    var description: String { engineError.description }

    var engineError: EngineError {
        switch self {
        case .notConnected(let message): .notReachable(message)
        case .silent: .notReachable("the server did not answer in time")
        case .refused(let state, let message): .rejected(state: state, message: message)
        }
    }
}
