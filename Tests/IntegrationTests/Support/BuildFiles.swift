/// The build files that most tests push.
enum BuildFiles {
    /// A small database named `data`.
    static let one = services("data: {type: mysql, memory: 192M}")

    /// A file with a line for each service.
    static func services(_ lines: String...) -> String {
        "services:\n" + lines.map { "  \($0)\n" }.joined()
    }
}
