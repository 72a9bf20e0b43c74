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
    /// What it sees of the file system; nil: what everybody sees. Root's alone to give.
    package var view: ServerView?
    /// -1000 … 1000; higher is killed earlier when memory runs out. Nil: inherited.
    package var oomScoreAdjustment: Int?
    /// Files of an earlier server that would keep this one from starting; removed once the lock proves that nothing of it
    /// lives.
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

/// A server's own view of the file system (docs/decisions/0009-walls-around-servers.md): it can write to its own folders alone, and what belongs to
/// other applications and other homes is not there.
package struct ServerView: Equatable, Sendable {
    /// Covered by empty folders. One that is not there is passed over.
    package var hidden: [String]
    /// Its own, also below hidden ones.
    package var kept: [String]

    package init(hidden: [String], kept: [String]) {
        self.hidden = hidden
        self.kept = kept
    }
}
