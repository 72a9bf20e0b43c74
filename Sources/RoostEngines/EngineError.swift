/// Errors of an engine, as facts for an operator. Carries nothing secret.
package enum EngineError: Error, Equatable, Sendable {
    /// The engine's own messages about the user's settings, one per line.
    case configRefused([String])
    case initialisationFailed(String)
    case notReachable(String)
    /// The server answered with an error; code 0 if its errors have no numbers.
    case refused(code: Int, message: String)
    /// The server answered with an error that has an SQLSTATE.
    case rejected(state: String, message: String)
    /// The problems with a list of extensions, one per line.
    case extensionsRefused([String])
    case programMissing(String)
    /// The host has no client program of the engine's; the text says what to do instead.
    case clientMissing(String)
    case userExists(String)
    case userUnknown(String)
    case userReserved(String)
    /// A dump or a script did not load: the engine's own message, and the beginning of the failed statement with the
    /// line that it begins on; nil if no statement failed.
    case loadFailed(line: Int?, statement: String?, message: String)
    /// A snapshot or a backup of a running server could not be made.
    case copyFailed(String)
    /// Services of this kind do not have the feature; the text says why.
    case notOffered(String)
}

extension EngineError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .configRefused(let words): "the engine refuses the configuration: \(words.joined(separator: "; "))"
        case .initialisationFailed(let reason): "the data directory could not be initialized: \(reason)"
        case .notReachable(let reason): "the server cannot be reached: \(reason)"
        case .refused(0, let message): "the server refused: \(message)"
        case .refused(let code, let message): "the server refused (\(code)): \(message)"
        case .rejected(let state, let message): "the server refused (\(state)): \(message)"
        case .extensionsRefused(let words): words.joined(separator: "; ")
        case .programMissing(let name): "the program '\(name)' is not installed"
        case .clientMissing(let advice): advice
        case .userExists(let name): "user '\(name)' already exists"
        case .userUnknown(let name): "user '\(name)' does not exist"
        case .userReserved(let name): "user '\(name)' is managed by Roost"
        case .loadFailed(let line, let statement, let message):
            (line.map { "line \($0): " } ?? "") + message
                + (statement.map { "; the statement: \($0)" } ?? "")
        case .copyFailed(let reason): "the server's data could not be copied: \(reason)"
        case .notOffered(let reason): reason
        }
    }
}
