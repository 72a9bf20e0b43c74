/// Why a secret could not be stored or read. No case carries any part of a secret.
package enum SecretsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file does not exist.
    case missing(path: String)
    /// Other users could read the file, or could have written it. It was not used.
    case exposed(path: String, reason: String)
    /// The file, or its content, does not have the expected form.
    case malformed(path: String, reason: String)
    /// The system refused to read or write.
    case unavailable(String)

    /// The text was not sealed by `seal`, or it was sealed by a newer Roost.
    case notSealed(context: String)
    /// The text was sealed with another home's key.
    case wrongKey(context: String)
    /// The text was sealed as another secret than the one it is presented as.
    case wrongContext(context: String)
    /// The text was changed after it was sealed.
    case tampered(context: String)

    /// A certificate for such a name, or for such a time, cannot be issued.
    case refused(String)

    package var description: String {
        switch self {
        case .missing(let path): "there is no \(path)"
        case .exposed(let path, let reason): "\(path) is not private and was not used: \(reason)"
        case .malformed(let path, let reason): "\(path) is malformed: \(reason)"
        case .unavailable(let reason): reason
        case .notSealed(let context): "the secret of \(context) is not sealed, or was sealed by a newer Roost"
        case .wrongKey(let context): "the secret of \(context) was sealed with another home's key"
        case .wrongContext(let context): "the secret of \(context) was sealed for another purpose"
        case .tampered(let context): "the secret of \(context) was changed after it was sealed"
        case .refused(let reason): "the certificate cannot be issued: \(reason)"
        }
    }
}
