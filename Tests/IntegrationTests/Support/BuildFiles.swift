/// The build files that most tests push.
enum BuildFiles {
    /// One small database named `data`.
    static let one = services("data: {type: mysql, memory: 192M}")

    /// A file with one line a service.
    static func services(_ lines: String...) -> String {
        "services:\n" + lines.map { "  \($0)\n" }.joined()
    }
}
