import RoostModel

/// An installed version of an engine.
package struct EngineBuild: Equatable, Sendable {
    package let identity: EngineIdentity
    /// Paths of its programs, by name: `mariadbd`, `mariadb`, `mariadb-install-db`.
    package let programs: [String: String]
    /// Paths of its own folders, by the name of the setting for each: `plugin_dir`, `character_sets_dir`.
    package let folders: [String: String]
    /// `system package`, or the source that it was added from.
    package let origin: String
    /// The folders that hold its client programs, for the path of `roost run`. Empty if every path has them.
    package let programFolders: [String]

    package init(
        identity: EngineIdentity, programs: [String: String], folders: [String: String] = [:], origin: String,
        programFolders: [String]
    ) {
        self.identity = identity
        self.programs = programs
        self.folders = folders
        self.origin = origin
        self.programFolders = programFolders
    }
}
