/// Why a secret could not be kept or read. None of the cases carries any part of a secret.
package enum SecretsError: Error, Equatable, Sendable {
    /// There is no such file.
    case missing(path: String)
    /// Others could read the file, or could have written it. It was not used.
    case exposed(path: String, reason: String)
    /// The file, or what it holds, is not of the form it should have.
    case malformed(path: String, reason: String)
    /// The system refused to read or write.
    case unavailable(String)

    /// The text was not sealed by `seal`, or by a newer Roost's.
    case notSealed(context: String)
    /// The text was sealed with another home's key.
    case wrongKey(context: String)
    /// The text was sealed as another secret than the one it is presented as.
    case wrongContext(context: String)
    /// The text was changed after it was sealed.
    case tampered(context: String)

    /// A certificate for such a name, or for such a time, cannot be issued.
    case refused(String)
}
