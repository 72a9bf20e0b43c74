/// The start of a server: files to write first, then the command.
package struct Launch: Sendable {
    /// By file name within the configuration folder. Written mode 0640, root and the server's group.
    package let files: [String: String]
    /// Written beside them, but only before a start: files that `open` changes, with the content for a server that
    /// boots closed.
    package let bootFiles: [String: String]
    /// Absolute paths of files that a killed server leaves behind and that keep the next one from starting. Removed
    /// before a start, once it is proven that no process of an earlier server lives.
    package let staleFiles: [String]
    /// Written beside them for the server's user only, mode 0600: for programs that refuse a key which their group may
    /// read.
    package let privateFiles: [String: String]
    package let program: String
    package let arguments: [String]
    /// The whole environment; nothing is inherited.
    package let environment: [String: String]
    /// The effective settings by name, to compare with what a running server was started with.
    package let effective: [String: String]

    package init(
        files: [String: String], bootFiles: [String: String] = [:], privateFiles: [String: String] = [:],
        staleFiles: [String] = [], program: String, arguments: [String], environment: [String: String],
        effective: [String: String]
    ) {
        self.files = files
        self.bootFiles = bootFiles
        self.privateFiles = privateFiles
        self.staleFiles = staleFiles
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.effective = effective
    }
}
