/// How to start a server: files to write first, then the command.
package struct Launch: Sendable {
    /// By file name within the configuration folder. Written mode 0640, root and the server's group.
    package let files: [String: String]
    /// Written beside them, and before a start alone: what `open` changes, as it is in a server that boots closed.
    package let bootFiles: [String: String]
    /// Absolute paths of what a server that was killed leaves behind and that keeps the next one from starting. Removed
    /// before a start, once it is proven that nothing of an earlier server lives.
    package let staleFiles: [String]
    /// Written beside them and given to the server's user alone, mode 0600: for programs that refuse a key which their
    /// group may read.
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
