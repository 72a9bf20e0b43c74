import RoostModel

/// How a database server is started: as a process of its own session that no death of roostd ends.
package struct ServerLaunch: Sendable {
    /// An absolute path.
    package var program: String
    /// Without the program's own name.
    package var arguments: [String]
    /// The whole environment; nothing is inherited.
    package var environment: [String: String]
    /// Nil: the caller's own. Only root may start servers as another user.
    package var user: ServerUser?
    /// Entered as the server's user.
    package var workingDirectory: String
    /// Gets standard output and error, appended. Made if missing, owned by the server's user.
    package var logFile: String
    /// The server inherits it locked; for as long as the lock is held, something of the server lives.
    /// In a folder that the server's user cannot write to.
    package var lockFile: String
    /// Says which process the server is (see `ServerRecord`). In a folder that the server's user cannot write to.
    package var recordFile: String
    package var group: ControlGroup?
    /// -1000 … 1000; higher is killed earlier when memory runs out. Nil: inherited.
    package var oomScoreAdjustment: Int?
    /// Files of an earlier server that would keep this one from starting; removed once the lock proves that nothing of it
    /// lives.
    package var staleFiles: [String]

    package init(
        program: String, arguments: [String], environment: [String: String], user: ServerUser? = nil,
        workingDirectory: String, logFile: String, lockFile: String, recordFile: String, group: ControlGroup? = nil,
        oomScoreAdjustment: Int? = nil, staleFiles: [String] = []
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.user = user
        self.workingDirectory = workingDirectory
        self.logFile = logFile
        self.lockFile = lockFile
        self.recordFile = recordFile
        self.group = group
        self.oomScoreAdjustment = oomScoreAdjustment
        self.staleFiles = staleFiles
    }
}
