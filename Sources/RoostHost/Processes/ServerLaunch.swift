import RoostModel

/// Parameters of a database server's start. The server runs in a session of its own, which survives roostd.
package struct ServerLaunch: Sendable {
    /// An absolute path.
    package var program: String
    /// Arguments without the program's own name.
    package var arguments: [String]
    /// The whole environment; nothing is inherited.
    package var environment: [String: String]
    /// Nil: the caller's user. Only root may start servers as another user.
    package var user: ServerUser?
    /// The working directory, entered as the server's user.
    package var workingDirectory: String
    /// Receives standard output and error, appended. Made if missing, owned by the server's user.
    package var logFile: String
    /// The server inherits this file locked: while the lock is held, a process of the server lives. In a folder that
    /// the server's user cannot write to.
    package var lockFile: String
    /// Names the server's main process (see `ServerRecord`). In a folder that the server's user cannot write to.
    package var recordFile: String
    package var group: ControlGroup?
    /// The server's view of the file system; nil: the same as roostd's. Needs root.
    package var view: ServerView?
    /// -1000 … 1000; a higher score is killed earlier when memory runs out. Nil: inherited.
    package var oomScoreAdjustment: Int?
    /// Files of an earlier server that would keep this one from starting; removed once the lock proves that no
    /// process of the earlier server lives.
    package var staleFiles: [String]

    package init(
        program: String, arguments: [String], environment: [String: String], user: ServerUser? = nil,
        workingDirectory: String, logFile: String, lockFile: String, recordFile: String, group: ControlGroup? = nil,
        view: ServerView? = nil, oomScoreAdjustment: Int? = nil, staleFiles: [String] = []
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
        self.view = view
        self.oomScoreAdjustment = oomScoreAdjustment
        self.staleFiles = staleFiles
    }
}

/// A server's own view of the file system (docs/decisions/0009-walls-around-servers.md). The server can write to its
/// own folders alone, and does not see the files of other applications and other homes.
package struct ServerView: Equatable, Sendable {
    /// Paths covered by empty folders. A missing path is skipped.
    package var hidden: [String]
    /// The server's own folders, which stay visible below hidden ones.
    package var kept: [String]

    package init(hidden: [String], kept: [String]) {
        self.hidden = hidden
        self.kept = kept
    }
}
